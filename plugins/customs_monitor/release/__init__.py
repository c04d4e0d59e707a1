"""Accepted rows to indicators, and indicators to an atomic release."""
