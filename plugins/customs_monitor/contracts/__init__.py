"""Feed contracts, concepts, codelists and rules: what a delivery must look like, declared once."""
