"""Our side of the protocol: answers what the agent asks, and lets nothing else happen."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from acp import RequestError
from acp.schema import (
    AllowedOutcome,
    DeniedOutcome,
    PermissionOption,
    ReadTextFileResponse,
    RequestPermissionResponse,
    ToolCallUpdate,
    WriteTextFileResponse,
)

from regency.propose.acp.heard import Heard
from regency.propose.acp.permissions import KINDS, Decision, Rule, decide
from regency.propose.acp.wire import Wire
from regency.records import Json

MOST_ASKED = 500
_MOST_PATHS = 20
_ORDER = {True: ("allow_once", "allow_always"), False: ("reject_once", "reject_always")}


class Client:
    """What one agent may ask of us during one session."""

    def __init__(
        self, rules: Sequence[Rule], heard: Heard, record: Callable[[Mapping[str, Json]], None]
    ) -> None:
        """Take what is asked for nobody yet.

        Args:
            rules: For what it asks leave for.
            heard: Takes what happened.
            record: Puts a request and its answer on record.
        """
        self._rules, self._heard, self._record = rules, heard, record
        self.tree = "/"
        self.wire: Wire | None = None  # set where it may use files through us

    async def request_permission(
        self, session_id: str, tool_call: ToolCallUpdate, options: list[PermissionOption],
        **_: Any,
    ) -> RequestPermissionResponse:  # fmt: skip
        """Answer by the rules, once; what is allowed is never allowed for always."""
        del session_id
        self._heard.asked += 1
        if self._heard.asked > MOST_ASKED:
            raise RequestError.invalid_request({"details": "you asked too often"})
        kind = tool_call.kind or self._heard.tools.get(tool_call.tool_call_id, "other")
        kind = kind if kind in KINDS else "other"
        places = [place.path for place in tool_call.locations or ()]
        decision = decide(self._rules, kind, places, self.tree)
        option = _option(options, allowed=decision.allowed)
        self._note(tool_call, kind, places, decision, option)
        if option is None:
            return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))
        chosen = AllowedOutcome(outcome="selected", option_id=option.option_id)
        return RequestPermissionResponse(outcome=chosen)

    async def read_text_file(
        self, session_id: str, path: str, line: int | None = None, limit: int | None = None,
        **_: Any,
    ) -> ReadTextFileResponse:  # fmt: skip
        """Return a file of its tree, or some lines of it."""
        del session_id
        text = await self._file(path)
        if line is not None or limit is not None:
            first = max((line or 1) - 1, 0)
            lines = text.splitlines(keepends=True)[first:]
            text = "".join(lines if limit is None else lines[: max(limit, 0)])
        return ReadTextFileResponse(content=text)

    async def write_text_file(
        self, session_id: str, path: str, content: str, **_: Any
    ) -> WriteTextFileResponse:
        """Write a file of its tree."""
        del session_id
        await self._file(path, content)
        return WriteTextFileResponse()

    async def session_update(self, **_: Any) -> None:
        """Do nothing: updates are heard before they come here."""

    async def create_terminal(self, **_: Any) -> Any:
        """Refuse: it was not offered, and the agent has its own shell in its room."""
        raise RequestError.method_not_found("terminal/create")

    async def _file(self, path: str, text: str | None = None) -> str:
        if self.wire is None:
            raise RequestError.method_not_found("fs")
        try:
            return await self.wire.file(path, text)
        except OSError as error:
            raise RequestError.invalid_params({"details": str(error)}) from error

    def _note(
        self, call: ToolCallUpdate, kind: str, places: Sequence[str], decision: Decision,
        option: PermissionOption | None,
    ) -> None:  # fmt: skip
        answer = "allowed" if decision.allowed and option else "rejected"
        self._heard.allowed += answer == "allowed"
        title = (call.title or "")[:200]
        self._heard.add("permission", f"{answer} by {decision.rule}: {kind} {title}\n")
        self._record({
            "tool": kind,
            "title": title,
            "paths": [place[:300] for place in places[:_MOST_PATHS]],
            "answer": answer,
            "rule": decision.rule,
            "option": option.kind if option else "none",
        })  # fmt: skip


def _option(options: Sequence[PermissionOption], *, allowed: bool) -> PermissionOption | None:
    for kind in _ORDER[allowed]:
        for option in options:
            if option.kind == kind:
                return option
    return None
