"""The only home of untrusted processes."""
