"""Decides on evidence: two gates between a candidate and the champion."""
