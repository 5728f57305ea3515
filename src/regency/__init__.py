"""Regency: recursive self-improvement that works, under human oversight that keeps up."""

__version__ = "0.1.0"
