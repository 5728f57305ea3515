"""kill -9 while a model is being asked: is anything lost, or paid twice, beyond the call in flight?

    python bench/paid.py [KILLS]

A lab with one agent behind an API, a server on loopback that takes 0.2 to 1 s for each answer, and
a run that is killed at random moments, again and again; the last run ends by itself. Then the
server's own count of what it was asked is held against the ledger.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from scripted_models import Script, edit, serve

from regency.lab import Lab
from regency.propose.model.caller import BEGUN, ENDED
from toy_lab import SETTINGS, better_model, make_toy_lab

AGENT = """
[agents.gpt]
kind = "model"
provider = "openai"
model = "m"
base_url = "{url}/v1"
"""


@dataclass
class Slow(Script):
    """Another answer each time, after a while."""

    rng: random.Random = field(default_factory=lambda: random.Random(1))

    def __getattribute__(self, name: str) -> object:
        if name != "text":
            return super().__getattribute__(name)
        time.sleep(self.rng.uniform(0.2, 1.0))
        return f"model.py\n```\n{better_model(round(self.rng.uniform(-5, 1), 6))}```\n"


def main() -> None:
    """Kill, continue, and count."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    rng, script = random.Random(2), Slow(edit(0), "")
    server = serve(script)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # those killed hang up
    with tempfile.TemporaryDirectory() as folder:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        lab = make_toy_lab(Path(folder) / "lab", settings=SETTINGS + AGENT.format(url=url))
        words = [sys.executable, "-m", "regency.cli", "run", "--dir", str(lab), "--workers", "1"]
        ended = 0
        for _ in range(kills):
            asked = len(script.seen)
            run = subprocess.Popen([*words, "--max-time", "10m"], stdout=subprocess.DEVNULL)
            while len(script.seen) == asked and run.poll() is None:  # until it works
                time.sleep(0.05)
            time.sleep(rng.uniform(0.0, 3.0))
            ended += run.poll() is not None
            os.kill(run.pid, signal.SIGKILL)
            run.wait()
        last = subprocess.run([*words, "--max-candidates", "3"], capture_output=True, check=False)
        with Lab.open(lab) as opened:
            begun = [body["call"] for body in opened.store.written(BEGUN)]
            told = {body["call"]: body["outcome"] for body in opened.store.written(ENDED)}
            used = Counter(s.record.notes.get("call") for s in opened.store.candidates()[:-1])
            whole = opened.recorder.log.verify().ok
    answered = {call for call, outcome in told.items() if outcome == "answered"}
    print(f"kills {kills} (ended by itself before: {ended}), log whole {whole}, "
          f"last run's exit code {last.returncode}")  # fmt: skip
    print(f"the server was asked {len(script.seen)} times; calls begun {len(begun)}, "
          f"cut off in flight {len(set(begun) - set(told))}")  # fmt: skip
    print(f"answers on record {len(answered)}, made a candidate {len(answered & set(used))}, "
          f"used twice {sum(n > 1 for n in used.values())}; "
          f"asked more often than begun: {max(0, len(script.seen) - len(begun))}")  # fmt: skip


if __name__ == "__main__":
    main()
