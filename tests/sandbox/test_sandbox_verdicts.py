"""The worst candidates in a lab: one verdict each, with the limit that they broke, and no trace."""

import textwrap
from pathlib import Path

import pytest

from regency.lab import Lab, create
from regency.lab.create import Wish
from regency.lab.lab import Plan
from regency.records import Agent, Answer, FileEdit, Proposal
from regency.sandbox import watch
from regency.testing.worst import WORST
from toy_lab import SETTINGS, git, make_toy_repo

LIMITS = """cpu_s = 4
wall_s = 5
memory = "256 MiB"
disk = "8 MiB"
processes = 3
"""
OUTPUTS = """
[[outputs]]
name = "model.npy"
format = "npy"
dtypes = ["float32"]
max_elements = 10
"""
HONEST = r"""
import json, struct, sys
def save(path, shape, body):
    header = str({"descr": "<f4", "fortran_order": False, "shape": shape}).encode()
    header += b" " * (117 - len(header)) + b"\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body)
SHAPE = (2,)
save(sys.argv[3], SHAPE, bytes(8))
with open(sys.argv[2], "w") as file:
    json.dump({"loss": X + int(sys.argv[1]) % 7 / 1000}, file)
"""
BEFORE = """
import mmap, os, signal, sys, threading, time
TMP = os.environ["TMPDIR"]
del sys.argv[1]
"""
CPU = "used more than its 4"  # CPU-seconds, and what starting costs
WALL, DISK = "after 5 seconds", "8,388,608 bytes"
MEMORY = "268,435,456 bytes"
SAID = {
    "hangs": (WALL,),
    "forks without end": ("3 processes",),
    "fills the disk": (DISK,),
    "maps 100 GB": (MEMORY,),
    "fills 100 GB": (MEMORY,),
    "shares 100 GB": (MEMORY,),
    "ignores signals": (CPU, WALL),
    "kills its parent": ("exit code 3",),
    "kills itself": ("SIGKILL",),
    "writes to every path": ("exit code 3", DISK, CPU, WALL),
    "prints a gigabyte": ("exit code 3", CPU, WALL),
    "claims 7 TB": (DISK,),
    "closes everything": ("exit code 3",),
    "starts threads without end": ("exit code 1", MEMORY, WALL),
    "heads its file with 7 TiB": ("claims",),
}


def candidates() -> dict[str, str]:
    found = {worst.name: BEFORE + textwrap.dedent(worst.code) for worst in WORST}
    lying = HONEST.replace("SHAPE = (2,)", "SHAPE = (2 << 40,)")
    return found | {"heads its file with 7 TiB": "X = 1.0\n" + lying}


@pytest.mark.parametrize("start", ["fork", pytest.param("cold", marks=pytest.mark.slow)])
def test_the_worst_get_one_verdict_each_and_the_next_is_judged(tmp_path: Path, start: str):
    settings = SETTINGS.replace("cpu_s = 5\nwall_s = 20\n", LIMITS + f'start = "{start}"\n')
    settings = settings.replace('"{out}/result.json"]', '"{out}/result.json", "{out}/model.npy"]')
    settings = settings.replace('["result.json"]', '["result.json", "model.npy"]') + OUTPUTS
    settings = settings.replace("max_changed_lines = 20", "max_changed_lines = 99")
    folder = make_toy_repo(tmp_path / "toy", settings)
    (folder / "model.py").write_text("X = 1.0\n" + HONEST)
    git(folder, "commit", "--quiet", "--all", "-m", "A model too")
    create(folder, Wish()).close()
    given = candidates()
    assert given.keys() == SAID.keys()
    mounts = Path("/proc/self/mountinfo").read_text()
    before = set(watch.descendants())
    with Lab.open(folder) as lab:
        ids = {name: told(lab, name, code) for name, code in given.items()}
        ids["means well"] = told(lab, "means well", "X = 0.5\n" + HONEST)
        lab.run(Plan(candidates=len(ids), workers=1))
        verdicts = {name: lab.store.verdict(candidate) for name, candidate in ids.items()}
        trials = {name: lab.store.trials(candidate) for name, candidate in ids.items()}
    honest = verdicts.pop("means well")
    assert honest is not None
    assert honest.answer is not Answer.INVALID
    for name, verdict in verdicts.items():
        assert verdict is not None, name
        assert verdict.answer is Answer.INVALID, (name, verdict)
        [trial] = trials[name]
        assert any(words in trial.fault for words in SAID[name]), (name, trial.fault)
    assert set(watch.descendants()) <= before
    assert Path("/proc/self/mountinfo").read_text() == mounts


def told(lab: Lab, name: str, code: str) -> str:
    proposal = Proposal((FileEdit("model.py", code.encode()),), name, Agent("ada", "human"))
    ((candidate, verdict),) = lab.tell([proposal])
    assert verdict is None, (name, verdict)
    return candidate.id
