"""Bundled labs, as package data."""
