"""`make bench`: ratios measured in one run, on a file of declarations made for it."""
