"""One turn of the protocol: greet, open a session, prompt, and end it when its time is up."""

import asyncio
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from acp import PROTOCOL_VERSION, RequestError, connect_to_agent, text_block
from acp.schema import ClientCapabilities, FileSystemCapabilities, Implementation
from pydantic import ValidationError

from regency.propose.acp.client import Client
from regency.propose.acp.heard import Heard
from regency.propose.acp.permissions import DEFAULT
from regency.propose.acp.settings import Settings
from regency.propose.acp.wire import Wire
from regency.records import Json

START_S = 90.0  # until the agent has a session
CANCEL_S = 5.0  # to end its turn when it is told to


class Talk:
    """One talk with one agent."""

    def __init__(self, settings: Settings, record: Callable[[Mapping[str, Json]], None]) -> None:
        """Take the agent's settings, and what puts its requests on record."""
        self._settings = settings
        self.heard = Heard()
        rules = DEFAULT if settings.permissions is None else settings.permissions
        self._client = Client(rules, self.heard, record)
        self._over = asyncio.Event()
        self._wire = Wire(self._notified)

    async def hold(self, source: int, sink: int, prompt: str) -> None:
        """Talk over two descriptors until the turn, its time or its money is over.

        Args:
            source: To read from.
            sink: To write to.
            prompt: What to ask; ``{rationale}`` becomes the file for its reasons.
        """
        begun = time.monotonic()
        await self._wire.open(source, sink)
        try:
            told = await self._wire.hello()
            self._client.tree = told["work"]
            self._client.wire = self._wire if self._settings.files else None
            await self._turn(told, prompt, begun)
        except (ConnectionError, EOFError):
            self.heard.fault = "it ended before its turn was over"
        except TimeoutError:
            self.heard.fault = f"it opened no session in {START_S:.0f} s"
        except RequestError as error:
            self.heard.fault = f"it refused: {str(error)[:300]}"
        except ValidationError as error:
            self.heard.fault = f"it does not keep to the protocol: {error.title[:80]}"
        finally:
            self.heard.fault = self._wire.fault or self.heard.fault
            await self._wire.close()

    async def _turn(self, told: Mapping[str, Any], prompt: str, begun: float) -> None:
        client: Any = self._client
        agent: Any = connect_to_agent(client, self._wire)
        try:
            session = await asyncio.wait_for(self._opened(agent, told["work"]), START_S)
            words = [text_block(prompt.replace("{rationale}", told["rationale"]))]
            turn = asyncio.ensure_future(agent.prompt(prompt=words, session_id=session))
            left = begun + self._settings.wall_s - time.monotonic()
            await self._until_over(turn, left)
            if not turn.done():
                await agent.cancel(session_id=session)
                await asyncio.wait([turn], timeout=CANCEL_S)
            if turn.done():
                self.heard.stop = str(turn.result().stop_reason)
            else:
                turn.cancel()
        finally:
            await agent.close()

    async def _until_over(self, turn: "asyncio.Future[Any]", left: float) -> None:
        over = asyncio.ensure_future(self._over.wait())
        await asyncio.wait([turn, over], timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if not turn.done():
            self.heard.cut = "money" if over.done() else "time"
        over.cancel()

    async def _opened(self, agent: Any, tree: str) -> str:
        """Return the name of a new session."""
        files = self._settings.files
        can = FileSystemCapabilities(read_text_file=files, write_text_file=files)
        met = await agent.initialize(
            protocol_version=PROTOCOL_VERSION,
            client_capabilities=ClientCapabilities(fs=can, terminal=False),
            client_info=Implementation(name="regency", version=version("regency")),
        )
        if met.protocol_version != PROTOCOL_VERSION:
            raise RequestError(0, f"it speaks version {met.protocol_version} of the protocol")
        if met.agent_info:
            self.heard.version = f"{met.agent_info.name} {met.agent_info.version}"[:80]
        if self._settings.login:
            await agent.authenticate(method_id=self._settings.login)
        session = await agent.new_session(cwd=tree, mcp_servers=[])
        await self._choose(agent, session)
        return str(session.session_id)

    async def _choose(self, agent: Any, session: Any) -> None:
        """Ask for the model that was set, if the agent lets one choose, and note what it uses."""
        current = str(self._wire.models.get("currentModelId", ""))
        for option in session.config_options or ():
            if option.category == "model" and option.type == "select":
                current = option.current_value
                if self._settings.model not in ("", current):
                    await agent.set_config_option(
                        config_id=option.id,
                        session_id=session.session_id,
                        value=self._settings.model,
                    )
                    current = self._settings.model
        self.heard.model = current[:120]

    def _notified(self, method: str, parameters: Any) -> None:
        if method != "session/update" or not isinstance(parameters, dict):
            return
        self.heard.update(parameters.get("update"))
        most = self._settings.session_cost_usd
        if most is not None and (self.heard.cost_usd or 0.0) > most:
            self._over.set()
