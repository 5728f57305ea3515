"""The terminal: every command of regency."""
