"""Judging a file that somebody else made: in a process with bounds, without a network."""
