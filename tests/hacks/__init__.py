"""A corpus of ways to win without improving; see docs/hacks.md."""
