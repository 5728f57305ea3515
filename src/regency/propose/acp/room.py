"""A room whose agent is talked to while it works."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from regency.propose.acp import talk_program
from regency.propose.acp.settings import Settings
from regency.propose.acp.talk import CANCEL_S, Talk
from regency.propose.command.session import Room
from regency.propose.command.withheld import Withheld
from regency.records import Brief, Job, Json, Limits, Outcome

Record = Callable[[Mapping[str, Json]], None]


class TalkRoom(Room):
    """A sandbox for one session of the protocol; `close` may be called from any thread."""

    programs = (*Room.programs, talk_program.__file__)

    def __init__(
        self, settings: Settings, needed: Sequence[str], hidden: Sequence[str], record: Record
    ) -> None:
        """Open it; see `Room`. ``record`` takes what the agent asks leave for, with the answer.

        Raises:
            SandboxError: No isolation can be had, or a path cannot be shown.
        """
        super().__init__(settings, needed, hidden)
        self._talk = Talk(settings, record)
        self._prompt = ""

    def _told(self, prompt: str, brief: Brief) -> dict[str, Json]:
        self._prompt = prompt
        told = super()._told(prompt, brief)
        longer = self._settings.wall_s + 2 * CANCEL_S  # the talk itself ends it before
        return {**told, "talks": True, "wall_s": longer}

    def _hold(self, job: Job, limits: Limits) -> Outcome:
        theirs, sink = os.pipe()
        source, ends = os.pipe()
        with ThreadPoolExecutor(1, thread_name_prefix="room") as other:
            outcome = other.submit(self._sandbox.run, job, limits, (theirs, ends))
            asyncio.run(self._talk.hold(source, sink, self._prompt))
            return outcome.result()

    def _heard(
        self, result: Mapping[str, Any], printed: str, withheld: Withheld
    ) -> tuple[Mapping[str, Any], dict[str, Any]]:
        heard = self._talk.heard
        errors = f"[stderr] {printed}\n" if printed else ""
        about: dict[str, Json] = {
            "stop": withheld.clean(heard.stop)[:40],
            "asked": heard.asked,
            "allowed": heard.allowed,
        }
        about |= {"trouble": withheld.clean(heard.fault)}
        known = {
            "transcript": withheld.clean(heard.transcript() + errors),
            "cost_usd": heard.cost_usd,
            "model": withheld.clean(heard.model),
            "version": withheld.clean(heard.version),
            "about": about,
        }
        return _with(result, heard.fault, heard.cut, heard.last_words()), known


def _with(result: Mapping[str, Any], fault: str, cut: str, words: str) -> dict[str, Any]:
    """Return ``result`` with what the talk knows better."""
    found = {**result, "said": result.get("said") or words}
    if result.get("ended") == "missing":
        return found
    if cut:
        found["ended"] = cut
    elif fault and "files" in result:
        found |= {"ended": "fault", "why": fault}
    return found
