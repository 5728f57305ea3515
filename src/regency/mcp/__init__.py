"""The lab for agents that speak the Model Context Protocol: their view, propose, never decide."""

from regency.mcp.server import serve

__all__ = ["serve"]
