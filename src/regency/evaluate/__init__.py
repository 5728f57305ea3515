"""Runs candidates in the sandbox and scores what they produce."""
