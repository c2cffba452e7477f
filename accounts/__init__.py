"""People and their channels."""
