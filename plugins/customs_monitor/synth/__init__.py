"""A synthetic EU: deliveries of 27 Member States and the Commission's departments, and the truth about them.

`generate.synthesise` writes `inbox/` and `wave2/`, marked synthetic, and `truth/`. What the deliveries lead to is
worked out in `truth` from the rows as they are made, by code that shares nothing with the platform's.
"""
