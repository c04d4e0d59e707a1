"""The objectives of the strategy and how their indicators lead from outputs to outcomes (SWD(2021) 2, 2 and 4.2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LEVELS = ("output", "result", "outcome")


@dataclass(frozen=True)
class Objective:
    """An objective of COM(2014) 527.

    Attributes:
        short: what we call it where there is no room for its words.
        text: as the headings of SWD(2021) 2, section 2 print it.
        table: number of the framework's table that has its indicators.
    """

    number: int
    short: str
    text: str
    table: str


@dataclass(frozen=True)
class Table:
    """A table of the indicator framework; objectives that share indicators share one.

    Attributes:
        chain: what its outputs, results and outcomes are, in our words, by level.
    """

    number: str
    title: str
    chain: Mapping[str, str]

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """The objectives whose indicators it has."""
        return tuple(objective for objective in OBJECTIVES if objective.table == self.number)


OBJECTIVES: tuple[Objective, ...] = (
    Objective(
        1,
        "Data quality and filing",
        "Improve data quality and filing arrangements for effective risk management",
        "1",
    ),
    Objective(
        2,
        "Supply chain data and sharing",
        "Ensure availability of supply chain data, sharing of risk-relevant information and control results among "
        "customs authorities to analyse and mitigate risks, and ensure equivalent treatment of economic operators",
        "1",
    ),
    Objective(
        3,
        "Assess in advance, control where required",
        "Implement the concept of \u2018Assess in advance \u2014 control where required\u2019 to respond adequately to "
        "identified EU and national risks while maximising efficiency in the use of resources and fluidity of the "
        "supply chain",
        "2",
    ),
    Objective(
        4,
        "Capacities and the common framework",
        "Strengthen capacities to secure equivalence in effective implementation of the common risk management "
        "framework and to increase responsiveness to newly identified risks",
        "3",
    ),
    Objective(
        5,
        "Interagency cooperation",
        "Promoting interagency cooperation and improving information sharing between customs and other authorities at "
        "the Member State and EU level to ensure effective risk management",
        "4",
    ),
    Objective(
        6,
        "Cooperation with trade",
        "Develop cooperation with trade to secure and facilitate legitimate trade",
        "4",
    ),
    Objective(
        7,
        "International cooperation",
        "Tap the potential of international cooperation, to improve risk management of the supply chain, for better "
        "identification of risks, more effective risk mitigation and cost reduction for operators and authorities",
        "4",
    ),
)

TABLES: tuple[Table, ...] = (
    Table(
        "1",
        "Objectives 1 and 2: data and its sharing",
        {
            "output": "Systems are built or improved, and national systems are linked with further sources of data.",
            "result": "Systems and legislation are in force, operators are registered, and there are places to share.",
            "outcome": "Member States find the systems and the information that is shared useful.",
        },
    ),
    Table(
        "2",
        "Objective 3: assess in advance, control where required",
        {
            "output": "Methods and tools are developed for each type of risk and policy area.",
            "result": "Member States put the methods to work, and recommendations are used.",
            "outcome": "Controls follow from risk analysis, and more of them find what they look for.",
        },
    ),
    Table(
        "3",
        "Objective 4: common risk management framework",
        {
            "output": "Weaknesses at the borders are analysed, and new common risk criteria are defined.",
            "result": "Capacities grow, the system for risk information is put in place and is used.",
            "outcome": "Common criteria hit, and the information that is exchanged improves risk management.",
        },
    ),
    Table(
        "4",
        "Objectives 5, 6 and 7: cooperation",
        {
            "output": "Agreements, joint actions and partnerships come about, in the EU and with third countries.",
            "result": "Cooperation gets closer, and the data that it brings are used.",
            "outcome": "Cooperation improves risk management in practice.",
        },
    ),
)


def table_of(number: str) -> Table:
    """Return a table by its number."""
    return next(table for table in TABLES if table.number == number)
