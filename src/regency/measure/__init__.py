"""Measures of labs: authorship, horizon, bottleneck."""
