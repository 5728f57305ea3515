"""The default lab: a byte-level language model trained for two CPU-seconds, numpy only."""
