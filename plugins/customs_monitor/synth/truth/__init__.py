"""The expected value of every cell of all 44 indicators: a second implementation.

It is written from the definitions of the indicators alone and shares no code, query or library call with the platform:
plain Python over the rows as they were made, whole numbers and `fractions.Fraction`, the standard library only. A test
reads its imports.
"""

from .ledger import Account, Ledger
from .observations import Observation
from .tables import write_tables

__all__ = ["Account", "Ledger", "Observation", "write_tables"]
