"""Bytes to Arrow: streaming readers that keep line numbers and trust no header."""
