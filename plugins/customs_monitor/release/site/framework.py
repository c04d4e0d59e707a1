"""The objectives of the strategy and the tables of its indicators (SWD(2021) 2, sections 2 and 4.2.2)."""

from __future__ import annotations

from collections.abc import Mapping

#: COM(2014) 527, as the headings of SWD(2021) 2, section 2 print them.
OBJECTIVES: tuple[str, ...] = (
    "Improve data quality and filing arrangements for effective risk management",
    "Ensure availability of supply chain data, sharing of risk-relevant information and control results among customs "
    "authorities to analyse and mitigate risks, and ensure equivalent treatment of economic operators",
    "Implement the concept of \u2018Assess in advance \u2014 control where required\u2019 to respond adequately to "
    "identified EU and national risks while maximising efficiency in the use of resources and fluidity of the supply "
    "chain",
    "Strengthen capacities to secure equivalence in effective implementation of the common risk management framework "
    "and to increase responsiveness to newly identified risks",
    "Promoting interagency cooperation and improving information sharing between customs and other authorities at the "
    "Member State and EU level to ensure effective risk management",
    "Develop cooperation with trade to secure and facilitate legitimate trade",
    "Tap the potential of international cooperation, to improve risk management of the supply chain, for better "
    "identification of risks, more effective risk mitigation and cost reduction for operators and authorities",
)

#: The tables of indicators, by number as the codelist of indicators has it.
TABLES: Mapping[str, str] = {
    "1": "Objectives 1 and 2: data and its sharing",
    "2": "Objective 3: assess in advance, control where required",
    "3": "Objective 4: common risk management framework",
    "4": "Objectives 5, 6 and 7: cooperation",
}
