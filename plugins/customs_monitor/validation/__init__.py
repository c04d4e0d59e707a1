"""A contract compiled into one SQL pass and a Great Expectations suite."""
