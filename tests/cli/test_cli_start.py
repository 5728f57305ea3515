import os
import subprocess
import sys
from pathlib import Path

from regency.cli.main import COMMANDS, cli

HEAVY = ("numpy", "scipy", "sqlalchemy", "pydantic", "cryptography", "rich", "mcp", "anyio")


def test_help_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from regency.cli.main import exit_code\n"
        "exit_code(['--help'])\n"
        f"print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert all(f"  {name} " in done.stdout for name in COMMANDS)


def test_help_is_cheap():
    before = os.times()
    for _ in range(3):
        subprocess.run([sys.executable, "-m", "regency.cli", "--help"], check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
    after = os.times()
    cpu_s = after.children_user - before.children_user + after.children_system
    assert (cpu_s - before.children_system) / 3 < 0.25  # about 0.06 alone on a core


def test_every_command_of_the_table_is_there_and_has_help():
    for name, where in COMMANDS.items():
        command = cli.get_command(None, name)
        assert command is not None
        assert command.help
        assert where.help.endswith(".")


def test_the_first_line_of_the_demo_needs_nothing_heavy():
    code = f"import sys, regency.cli.demo\nprint([m for m in {HEAVY} if m in sys.modules])\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_traceback_for_developers(tmp_path):
    command = [sys.executable, "-m", "regency.cli", "--traceback", "status"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Traceback" in done.stderr
    assert done.returncode == 1


def test_a_full_disk_is_one_line():
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "regency.cli", "--help"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("regency: ")
    assert "No space left" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error():
    command = [sys.executable, "-m", "regency.cli", "--help"]
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        done = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
