"""The only home of numerics for evidence: pure functions."""
