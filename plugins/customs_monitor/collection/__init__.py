"""Deliveries: found, landed, judged, accepted or refused."""
