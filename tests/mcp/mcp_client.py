"""The reference client of the protocol's own package, talking to a real ``regency mcp``."""

import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from mcp.client.stdio import stdio_client
from mcp_types import Implementation

from mcp import ClientSession, StdioServerParameters


@asynccontextmanager
async def connected(
    lab: Path, *arguments: str, name: str = "reference client"
) -> AsyncIterator[ClientSession]:
    """Start a server for ``lab`` and shake hands as ``name``."""
    words = ["-m", "regency.cli", "mcp", "--dir", str(lab), *arguments]
    server = StdioServerParameters(command=sys.executable, args=words)
    async with stdio_client(server) as (reading, writing):
        info = Implementation(name=name, version="9.1")
        async with ClientSession(reading, writing, client_info=info) as session:
            await session.initialize()
            yield session


def talk(
    lab: Path, said: Callable[[ClientSession], Awaitable[object]], *arguments: str, **named: str
) -> object:
    """Run one conversation and return what it returns."""

    async def main() -> object:
        with anyio.fail_after(100):
            async with connected(lab, *arguments, **named) as session:
                return await said(session)

    return anyio.run(main)


async def told(session: ClientSession, tool: str, **given: object) -> object:
    """Call a tool that must work; return its JSON, or its text if that is none."""
    result = await session.call_tool(tool, given)
    text = result.content[0].text
    assert not result.is_error, text
    return json.loads(text) if text.startswith("{") else text


async def refused(session: ClientSession, tool: str, **given: object) -> str:
    """Call a tool that must not work; return what it says."""
    result = await session.call_tool(tool, given)
    assert result.is_error, result
    return str(result.content[0].text)
