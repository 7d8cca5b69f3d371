"""The readings of the graph: exact, numeric, ball, text."""
