"""Any agent that speaks the Agent Client Protocol: confined like a program, asked like a colleague.

See docs/agents/acp.md; the protocol is at https://agentclientprotocol.com.
"""

try:
    from regency.propose.acp.agent import AcpProposer
except ModuleNotFoundError as error:
    if error.name != "acp":
        raise
    raise ImportError("it needs an extra, `pip install 'regency[acp]'`") from error

__all__ = ["AcpProposer"]
