"""What an agent said and did in one talk, in the order in which it came, in bounded memory."""

import json
from dataclasses import dataclass, field
from typing import Any

MOST_TRANSCRIPT = 8 << 20
_MOST_UPDATE = 64 << 10
_SPOKEN = {"agent_message_chunk": "agent", "agent_thought_chunk": "thought"}


@dataclass(slots=True)
class Heard:
    """One talk so far.

    Attributes:
        parts: The transcript: who, and what. Words that follow one another are one part, so that
            a secret that came in pieces is found.
        cost_usd: What the agent says the session cost so far, None if it does not say.
        tokens: Tokens that it says it used, None if it does not say.
        model: The model that it uses.
        version: What it says it is.
        tools: Kind of each tool call, by the call's own name.
        asked: How often it asked for leave.
        allowed: How often it got it.
        stop: Why its turn ended, in its own word; empty while it has not.
        fault: What went wrong, empty if nothing did.
        cut: Whether its time or its money was up.
    """

    parts: list[tuple[str, list[str]]] = field(default_factory=list)
    cost_usd: float | None = None
    tokens: int | None = None
    model: str = ""
    version: str = ""
    tools: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    allowed: int = 0
    stop: str = ""
    fault: str = ""
    cut: str = ""
    _size: int = 0

    def update(self, update: Any) -> None:
        """Take an update of the session, whatever it is."""
        if not isinstance(update, dict):
            return
        kind = str(update.get("sessionUpdate", ""))[:40]
        content = update.get("content")
        if kind in _SPOKEN and isinstance(content, dict):
            self.add(_SPOKEN[kind], str(content.get("text", "")))
            return
        if kind.startswith("tool_call") and isinstance(update.get("kind"), str):
            self.tools[str(update.get("toolCallId", ""))] = update["kind"]
        if kind == "usage_update":
            self._paid(update.get("cost"))
        self.add(kind or "update", json.dumps(update)[:_MOST_UPDATE] + "\n")

    def add(self, who: str, text: str) -> None:
        """Append to the transcript; what is too much is dropped."""
        if self._size > MOST_TRANSCRIPT:
            return
        self._size += len(text) + 1
        if self._size > MOST_TRANSCRIPT:
            who, text = "regency", "the rest was left out"
        if not self.parts or self.parts[-1][0] != who:
            self.parts.append((who, []))
        self.parts[-1][1].append(text)

    def transcript(self) -> str:
        """Return all of it as text."""
        return "".join(f"[{who}] {''.join(texts).rstrip()}\n" for who, texts in self.parts)

    def last_words(self) -> str:
        """Return what the agent said last."""
        said = [texts for who, texts in self.parts if who == "agent"]
        return "".join(said[-1]).strip() if said else ""

    def _paid(self, cost: Any) -> None:
        amount = cost.get("amount") if isinstance(cost, dict) else None
        dollars = isinstance(cost, dict) and cost.get("currency") == "USD"
        if dollars and isinstance(amount, (int, float)) and 0 <= amount < 1e9:
            self.cost_usd = max(float(amount), self.cost_usd or 0.0)
