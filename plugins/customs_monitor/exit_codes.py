"""How commands end, for the programs that call them."""

from __future__ import annotations

#: A delivery would be refused, or what was published is not intact.
DATA_AT_FAULT = 1
#: An unknown feed, a folder that is not there, a word that is no period.
CALL_AT_FAULT = 2
#: The store, the contracts or the code; whoever called has done nothing wrong.
PLATFORM_AT_FAULT = 3
