"""A published problem: the lowest point of a rugged function, plain Python, much noise."""
