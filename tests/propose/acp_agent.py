"""An agent that speaks the Agent Client Protocol, made with the package's own agent side.

    python acp_agent.py SCRIPT

Its prompt turn is the body of an async function, given as text: ``agent`` is the client's side,
``session`` the session's id, ``cwd`` the tree, ``text`` what it was asked.
"""

import asyncio
import functools
import os
import sys
import textwrap
from pathlib import Path

import acp
from acp.schema import (
    Implementation,
    PermissionOption,
    ToolCallLocation,
    ToolCallUpdate,
)

HEAD = "async def turn(agent, session, cwd, text, self):\n"


class Scripted(acp.Agent):
    def __init__(self, script):
        space = {**globals(), "os": os, "functools": functools}
        exec(HEAD + textwrap.indent(script + "\n", "    "), space)
        self.turn = space["turn"]
        self.cancelled = asyncio.Event()

    def on_connect(self, conn):
        self.conn = conn

    async def initialize(self, protocol_version, client_capabilities=None, client_info=None, **_):
        self.can = client_capabilities
        return acp.InitializeResponse(
            protocol_version=protocol_version,
            agent_info=Implementation(name="scripted", version="1.2"),
        )

    async def new_session(self, cwd, mcp_servers=None, **_):
        self.cwd = Path(cwd)
        return acp.NewSessionResponse(session_id="s1", config_options=MODELS)

    async def set_config_option(self, config_id, session_id, value, **_):
        MODELS[0].current_value = value
        return acp.schema.SetSessionConfigOptionResponse(config_options=MODELS)

    async def cancel(self, session_id, **_):
        self.cancelled.set()

    async def prompt(self, prompt, session_id, **_):
        stop = await self.turn(self.conn, session_id, self.cwd, prompt[0].text, self)
        return acp.PromptResponse(stop_reason=stop or "end_turn")


MODELS = [
    acp.schema.SessionConfigOptionSelect(
        id="m", name="Model", category="model", type="select", current_value="small-1",
        options=[{"value": "small-1", "name": "S"}, {"value": "large-1", "name": "L"}],
    )
]  # fmt: skip


async def says(agent, session, text):
    update = acp.update_agent_message_text(text)
    await agent.session_update(session_id=session, update=update)


async def asks(agent, session, kind, title, path=None, names=("allow_once", "reject_once")):
    """Ask for leave; return the id of the option that was chosen, or what came instead."""
    locations = [ToolCallLocation(path=str(path))] if path else None
    call = ToolCallUpdate(tool_call_id=title, kind=kind, title=title, locations=locations)
    options = [PermissionOption(option_id=f"o-{name}", name=name, kind=name) for name in names]
    answer = await agent.request_permission(session_id=session, tool_call=call, options=options)
    return getattr(answer.outcome, "option_id", "none")


async def main():
    await acp.run_agent(Scripted(sys.argv[1]))


if __name__ == "__main__":
    asyncio.run(main())
