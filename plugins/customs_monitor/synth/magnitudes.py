"""How large things are: the figures that the synthetic EU is drawn around.

Published, rounded:

- Items declared in 2024: over 590 million in import, 530 million in export, about 250 million in transit, and 4.3
  billion low-value consignments on reduced declarations (H7). European Commission, Taxation and Customs Union, "EU
  customs union facts and figures".
- More than 18 000 authorised economic operators, who account for just over 70 % of imports and exports. European
  Commission on special report 13/2023 of the Court of Auditors, 5 May 2023.
- Shares of the Member States in extra-EU trade in 2023: Germany 19 % of the imports and 28 % of the exports, the
  Netherlands 18 and 10, Italy 10 and 12, France 10 and 10. Eurostat, "International trade in goods" (Statistics
  Explained, data of March 2024). A Member State's share here is between its two; those of the other Member States are
  our own rounding of their order of size.
- Mutual recognition of authorised economic operators is in force with Norway and Switzerland (2009), Japan (2011),
  the United States and Andorra (2012), China (2014) and the United Kingdom (2021). European Commission, Taxation and
  Customs Union, "Mutual recognition"; SWD(2021) 2, section 2.7, names Canada and Moldova as in preparation.
- Answers of the Member States on the scale 1 to 4: most give 3 or 4, one in twenty gives none. SWD(2021) 2, sections
  2.4.3.7, 2.5.1 and 2.6.1.
- CRMS2 has been in operation since January 2022 and connects about 900 customs offices. European Commission, 1 December
  2021.

Not published, and assumed: the shares of declarations that are controlled by type of control, the shares of controls
that find something, hits of common risk criteria (their list is not public either), the number of risk information
forms and risk profiles, and registrations for ICS2. Only their order is meant to be plausible: few declarations are
controlled, physical controls are rarer than documentary ones, controls on risk analysis find more than others, and
operators with an authorisation are controlled less and breach the rules less.
"""

from __future__ import annotations

from typing import Final

#: Share of each Member State in what enters and leaves the Union, in thousandths; they need not add up.
SIZES: Final = {
    "AT": 20, "BE": 80, "BG": 9, "CY": 2, "CZ": 18, "DE": 230, "DK": 16, "EE": 4, "EL": 17, "ES": 78, "FI": 13,
    "FR": 100, "HR": 5, "HU": 17, "IE": 35, "IT": 110, "LT": 9, "LU": 4, "LV": 5, "MT": 2, "NL": 140, "PL": 46,
    "PT": 13, "RO": 14, "SE": 26, "SI": 13, "SK": 9, "UK": 120,
}  # fmt: skip

#: Items declared in a year, by type and sub-type of declaration. The split over sub-types is assumed.
DECLARATIONS_PER_YEAR: Final = {
    ("IM", "STANDARD"): 410_000_000,
    ("IM", "SIMPLIFIED"): 120_000_000,
    ("IM", "EIDR"): 55_000_000,
    ("IM", "OTHER"): 5_000_000,
    ("IM", "LOW_VALUE"): 4_300_000_000,
    ("EX", "STANDARD"): 380_000_000,
    ("EX", "SIMPLIFIED"): 110_000_000,
    ("EX", "EIDR"): 40_000_000,
    ("TR", "STANDARD"): 228_000_000,
    ("TR", "SIMPLIFIED"): 20_000_000,
    ("TR", "TIR"): 2_000_000,
}
#: Share of the declarations that authorised economic operators lodge.
AEO_SHARE: Final = 0.7

#: Controls per million declarations of other operators, and irregularities per thousand controls, by control type.
CONTROLS_PER_MILLION: Final = {"DOC": 4000, "DOC_ERA": 9000, "PHY": 900, "PHY_ERA": 2600, "PRC": 400}
IRREGULARITIES_PER_THOUSAND: Final = {"DOC": 40, "DOC_ERA": 75, "PHY": 55, "PHY_ERA": 120, "PRC": 150}
#: What authorised operators have of both, as shares of the above.
AEO_CONTROLS: Final = 0.35
AEO_IRREGULARITIES: Final = 0.6

#: Automated hits of all common risk criteria in a quarter, by movement.
HITS_PER_QUARTER: Final = {"ENTRY": 900_000, "EXIT": 160_000, "TRANSIT": 240_000}
#: Countries of interest that hits touch. The real lists are not public.
HIGH_INTEREST_COUNTRIES: Final = ("CN", "TR", "US", "AE", "HK", "IN", "RU", "BY", "UA", "CO", "EC", "BR")
#: A criterion that nobody ever hits, and one whose controls never find anything: the evaluation has to name both.
NEVER_HIT: Final = "CRC20"
NEVER_FINDS: Final = "CRC19"

#: Authorisations in the AEO register, and what there is of other things for each thousand of them.
AUTHORISATIONS: Final = 18_000
PROFILES_PER_THOUSAND: Final = 300
FORMS_PER_THOUSAND_AND_QUARTER: Final = 60
#: Types of authorisation in hundredths: customs simplifications, security and safety, both.
AEO_TYPES: Final = {"AEOC": 45, "AEOS": 5, "AEOF": 50}

#: Third countries by mutual recognition: the day it entered into force, or how far it is.
RECOGNITION: Final = {
    "CH": "2009-07-01",
    "NO": "2009-07-01",
    "JP": "2011-05-24",
    "AD": "2012-01-01",
    "US": "2012-07-01",
    "CN": "2014-05-15",
    "UK": "2021-01-01",
    "CA": "NEGOTIATION",
    "MD": "NEGOTIATION",
    "GE": "PREPARATORY",
    "UA": "PREPARATORY",
}

#: Answers 1, 2, 3, 4 and none to a question on the scale, in hundredths.
ANSWERS: Final = (4, 16, 44, 31, 5)
