"""What one session costs beyond the agent's own work: `command` and `acp`, interleaved.

    python bench/talk.py [--rounds N]

The agents do one edit and end: a shell for `command`, a bare Python program for `acp` that speaks
the protocol and loads nothing. `ours` is CPU time of this process for one proposal; `room` all that
ran in the sandbox: the session's program, git and the agent. No lab, no model.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from regency.propose.acp import AcpProposer
from regency.propose.command import CommandProposer
from regency.testing.proposers import EXAMPLE, example_brief

SPEAKER = """
import json, sys
def say(**message): print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)
def hear(): return json.loads(sys.stdin.readline())
say(id=hear()["id"], result={"protocolVersion": 1})
say(id=hear()["id"], result={"sessionId": "s"})
ask = hear()
for n in range(100):
    content = {"type": "text", "text": "word "}
    update = {"sessionUpdate": "agent_message_chunk", "content": content}
    say(method="session/update", params={"sessionId": "s", "update": update})
open("model.py", "a").write("# more")
say(id=ask["id"], result={"stopReason": "end_turn"})
"""


class Journal:
    """Keeps what the sessions took."""

    hidden = ()

    def __init__(self) -> None:
        self.sessions: list[dict] = []

    def write(self, kind: str, body: dict) -> None:
        if kind == "agent.session":
            self.sessions.append(dict(body))

    def read(self, _: str) -> tuple:
        return ()


def make(kind: str, journal: Journal) -> object:
    if kind == "command":
        words = ["sh", "-c", "echo '# more' >> model.py", "agent", "{prompt_file}"]
        made = CommandProposer(name="coder", command=words)
    else:
        made = AcpProposer(name="coder", command=[sys.executable, "-S", "-c", SPEAKER])
    made.attach(journal)
    return made


def main() -> None:
    """Print a line for each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    took: dict[str, list[tuple[float, float, float]]] = {"command": [], "acp": []}
    for number in range(rounds + 1):
        for kind, rows in took.items():
            journal = Journal()
            made = make(kind, journal)
            cpu, wall = time.process_time(), time.monotonic()
            made.propose(example_brief(), EXAMPLE)
            spent = (time.process_time() - cpu, time.monotonic() - wall)
            if number:  # the first loads modules
                rows.append((*spent, journal.sessions[0]["cpu_s"]))
    print(f"{'kind':<10}{'ours':>10}{'room':>10}{'wall':>10}   medians of {rounds}, CPU ms")
    for kind, rows in took.items():
        ours, wall, room = (statistics.median(column) * 1000 for column in zip(*rows, strict=True))
        print(f"{kind:<10}{ours:>7.1f} ms{room:>7.1f} ms{wall:>7.0f} ms")


if __name__ == "__main__":
    main()
