"""What a model said, put together from one message or from the events of a stream."""

import json
from dataclasses import dataclass, field


@dataclass(slots=True)
class Heard:
    """One answer so far.

    Attributes:
        text: Its text.
        calls: Arguments of tool calls, by place, JSON texts.
        tokens_in: Tokens of the prompt, as the server counts; None until it says.
        tokens_out: Tokens of the answer, thoughts included.
        finish: Why it ended, in the server's word; empty while it has not.
        cut: Whether it ended for want of tokens.
        error: An error that came in the stream.
    """

    text: list[str] = field(default_factory=list)
    calls: dict[int, str] = field(default_factory=dict)
    tokens_in: int | None = None
    tokens_out: int | None = None
    finish: str = ""
    cut: bool = False
    error: str = ""

    @property
    def answer(self) -> str:
        """The whole answer: its text, with the tool calls if it has any."""
        text = "".join(self.text)
        calls = [_value(arguments) for _, arguments in sorted(self.calls.items())]
        if not calls:
            return text
        return json.dumps(
            {"rationale": text.strip(), "tool_calls": [{"arguments": c} for c in calls]}
        )

    @property
    def size(self) -> int:
        """Characters so far."""
        return sum(map(len, self.text)) + sum(map(len, self.calls.values()))


def _value(arguments: str) -> object:
    try:
        return json.loads(arguments, strict=False)
    except ValueError:
        return arguments
