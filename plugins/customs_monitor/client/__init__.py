"""A small client of the portal for machine senders."""
