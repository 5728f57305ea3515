"""Calls to a model: paid for before they are made, written down when they end, tried again.

The order is what keeps caps and record true whenever the process ends: the most that a call can
cost is entered in the ledger, then the call is made, then what it did cost and what it said.
"""

import random
import secrets
import threading
import time
from dataclasses import dataclass

from regency.errors import BadInput, NothingLeft
from regency.propose.model.dialects import Messages
from regency.propose.model.prompt import prompt_digest
from regency.propose.model.purse import Cost, Prices, Purse
from regency.propose.model.settings import Endpoint, Settings
from regency.propose.model.wire import Exchange, Wire
from regency.propose.proposer import Journal
from regency.records import Json

BEGUN, ENDED = "model.begun", "model.call"
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """A call that brought an answer: its id, the answer, whether it is all of it, its cost."""

    id: str
    answer: str
    complete: bool
    cost: Cost


class Caller:
    """Makes the calls of one agent, one after another."""

    def __init__(self, agent: str, settings: Settings) -> None:
        """Open nothing yet.

        Args:
            agent: Name of the agent.
            settings: Its settings.
        """
        self.agent, self.settings = agent, settings
        self.purse = Purse(agent, settings.max_tokens, settings.max_usd)
        self.journal: Journal | None = None
        self._wires = {endpoint.label: Wire(endpoint) for endpoint in settings.models}
        self._prices = {endpoint.label: Prices(endpoint) for endpoint in settings.models}
        self._stop = threading.Event()
        self._last = -float("inf")

    def attach(self, journal: Journal) -> None:
        """Take what this agent wrote in the ledger, and write there from now on.

        Raises:
            BadInput: A key is not in the environment.
        """
        for endpoint in self.settings.models:
            key = self._wires[endpoint.label].key()
            if endpoint.key_env and not (key and key.isascii() and key.isprintable()):
                raise BadInput(
                    f"[agents.{self.agent}] needs a key: set the environment variable "
                    f"{endpoint.key_env} to it, and to nothing else, where `regency run` starts."
                )
        self.journal = journal
        self.purse.restore(journal.read(BEGUN), journal.read(ENDED))

    def call(self, endpoint: Endpoint, messages: Messages, about: dict[str, Json]) -> Call:
        """Ask ``endpoint`` until it answers or its faults do not pass.

        Args:
            endpoint: Whom to ask.
            messages: What to say.
            about: What else the ledger should say of it.

        Raises:
            NothingLeft: A cap would be passed, the run ended, or the server does not answer.
        """
        end = time.monotonic() + self.settings.patience_s
        for attempt in range(self.settings.retries + 1):
            self._pace()
            call, exchange = self._once(endpoint, messages, {**about, "attempt": attempt})
            if call is not None:
                return call
            wait_s = self._wait_of(exchange, attempt)
            last = attempt == self.settings.retries or time.monotonic() + wait_s > end
            if last or not exchange.passing or self._stop.is_set():
                break
            self._stop.wait(wait_s)
        raise NothingLeft(
            f"{self.agent}: {endpoint.label} does not answer: {exchange.fault}. Check base_url, "
            f"model, key_env and the provider's status; the next run asks again."
        )

    def close(self) -> None:
        """End what is under way and refuse what comes."""
        self._stop.set()
        for wire in self._wires.values():
            wire.close()

    def _once(
        self, endpoint: Endpoint, messages: Messages, about: dict[str, Json]
    ) -> tuple[Call | None, Exchange]:
        try:
            most = self.purse.reserve(endpoint, self._prices[endpoint.label], messages)
        except BadInput as error:
            raise NothingLeft(str(error)) from error
        identity = secrets.token_hex(8)
        said = {"call": identity, "model": endpoint.label, "prompt": prompt_digest(messages)}
        self._write(BEGUN, {**said, **about, **most.plain()})
        exchange = self._wires[endpoint.label].exchange(messages)
        cost, counted = self._cost(endpoint, exchange, most)
        self.purse.spent += cost
        heard = exchange.heard
        self._write(ENDED, {
            **said, **about, **cost.plain(), "counted": counted,
            "outcome": "failed" if exchange.fault else "answered", "fault": exchange.fault,
            "finish": heard.finish[:40], "complete": not heard.cut,
            "wall_s": round(exchange.wall_s, 3),
            "answer": heard.answer.encode(errors="replace").decode(),
        })  # fmt: skip
        if exchange.fault:
            return None, exchange
        return Call(identity, heard.answer, not heard.cut, cost), exchange

    def _cost(self, endpoint: Endpoint, exchange: Exchange, most: Cost) -> tuple[Cost, str]:
        """Return what a call cost, and who says so; what nobody says is taken at its most."""
        heard, prices = exchange.heard, self._prices[endpoint.label]
        if not exchange.paid:
            return Cost(), "not answered"
        if exchange.fault or heard.tokens_in is None or heard.tokens_out is None:
            return most, "at most"
        known = prices.of(heard.tokens_in, heard.tokens_out)
        return known or Cost(heard.tokens_in, heard.tokens_out), "by the server"

    def _pace(self) -> None:
        """Wait so long that no more calls are made in a minute than were allowed."""
        if self.settings.per_minute:
            pause_s = self._last + 60 / self.settings.per_minute - time.monotonic()
            if pause_s > 0:
                self._stop.wait(pause_s)
        self._last = time.monotonic()
        if self._stop.is_set():
            raise NothingLeft(f"{self.agent}: the run ended.")

    def _wait_of(self, exchange: Exchange, attempt: int) -> float:
        """Return how long to wait: as the server asks, else doubled each time, with jitter."""
        if exchange.wait_s is not None:
            return exchange.wait_s
        longest = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * (1 << attempt))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - against many asking at once

    def _write(self, kind: str, body: dict[str, Json]) -> None:
        if self.journal is not None:
            self.journal.write(kind, body)
