"""Agents: what proposes the next change."""
