"""Measures that stand on their own: records or a repository in, an answer out."""
