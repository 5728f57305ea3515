import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "reference.py"


def test_the_reference_is_in_step():
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_command_and_table_is_in_the_reference():
    folder = SCRIPT.parents[1] / "docs" / "reference"
    commands = (folder / "cli.md").read_text()
    for name in ("demo", "review approve", "ledger verify", "submit"):
        assert f"## regency {name}\n" in commands
    settings = (folder / "config.md").read_text()
    for header in ("[limits]", "[[run]]", "[[oversight.rules]]", "[agents.NAME]"):
        assert f"## `{header}`\n" in settings
