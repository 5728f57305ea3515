"""A tiny real lab: a ten-line script that says its own score, cheap enough for any test.

`SETTINGS` has no agent, so that only what is submitted is judged; ``SETTINGS + AGENT`` has one.
"""

import subprocess
from pathlib import Path

SETTINGS = """\
[lab]
name = "toy"
goal = "Bring x nearer to 3."

[change]
editable = ["model.py"]
max_changed_lines = 20

[[run]]
name = "work"
command = ["python", "model.py", "{seed}", "{out}/result.json"]
outputs = ["result.json"]

[limits]
cpu_s = 5
wall_s = 20

[score]
metric = "loss"
goal = "minimize"
trust = "self-reported"
read = "result.json"

[judge]
calibration_pairs = 3
search_trials = 2

[oversight]
max_lead = { review_minutes = 600, generations = 5 }

[[oversight.rules]]
name = "a person reads it"
when = "risk <= 1"
need = { approvals = 1 }
"""

AGENT = """
[agents.mutate]
kind = "mutate"
"""

MODEL = """\
import json
import random
import sys

X = 1.0

random.seed(int(sys.argv[1]))
loss = (X - 3) ** 2 + random.gauss(0, 0.01)
with open(sys.argv[2], "w") as file:
    json.dump({"loss": loss}, file)
"""


def make_toy_repo(folder: Path, settings: str = SETTINGS) -> Path:
    """Make a git repository with a ``regency.toml``, not yet a lab, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "regency.toml").write_text(settings)
    (folder / "program.md").write_text("Change X. The score is its squared distance from 3.\n")
    (folder / "model.py").write_text(MODEL)
    git(folder, "init", "--quiet", "--initial-branch=main", ".")
    git(folder, "config", "user.name", "Ada Tester")
    git(folder, "config", "user.email", "ada@example.org")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "Start")
    return folder


def make_toy_lab(path: Path, *, simulated: bool = False, settings: str = SETTINGS) -> Path:
    """Make a lab in ``path`` and return its folder; candidates take about a tenth of a second."""
    from regency.lab import create
    from regency.lab.create import Wish

    make_toy_repo(path, settings)
    create(path, Wish(simulated=simulated)).close()
    return path


def better_model(x: float) -> str:
    """Return the script with another X: a better candidate if it is nearer to 3."""
    return MODEL.replace("X = 1.0", f"X = {x!r}")


def git(folder: Path, *arguments: str) -> str:
    """Run git in ``folder`` and return what it prints."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout
