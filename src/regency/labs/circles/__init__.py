"""A published problem: 26 circles in a unit square, plain Python, checked exactly."""
