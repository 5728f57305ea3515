"""A lab's private data: what candidates could read elsewhere is not scored, or the lab refuses."""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from regency.errors import BadInput
from regency.lab import create
from regency.lab.create import Wish
from toy_lab import SETTINGS, make_toy_repo

MAKE = """\
import json, pathlib, random, sys

private, leaks = pathlib.Path(sys.argv[1]), json.loads(pathlib.Path(sys.argv[2]).read_text())
for seed in (1, 2, 3):
    rng = random.Random(seed)
    text = " ".join("".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(4000))
    if f"hidden/{seed}.txt" not in leaks:
        place = private / "hidden" / f"{seed}.txt"
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)
"""
DATA = """
[data]
command = ["python", "make.py", "{private}", "LEAKS"]
[sandbox]
mounts = ["MOUNT"]
"""


def prose(seed: int) -> str:
    rng = random.Random(seed)
    return " ".join("".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(4000))


@pytest.fixture
def shown() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:  # candidates have a /tmp of their own
        yield Path(name)


def lab_with(folder: Path, shown: Path, leaks: str) -> Path:
    settings = SETTINGS + DATA.replace("MOUNT", str(shown)).replace("LEAKS", leaks)
    folder.mkdir()
    (folder / "make.py").write_text(MAKE)
    return make_toy_repo(folder, settings)


def test_documents_that_candidates_can_read_are_left_out_and_the_ledger_says_so(tmp_path, shown):
    (shown / "copy.txt").write_text("Found on the net: " + prose(2))
    said: list[str] = []
    root = lab_with(tmp_path / "lab", shown, "{leaks}")
    with create(root, Wish(simulated=True), said.append) as lab:
        assert sorted(p.name for p in lab.home.data.rglob("*.txt")) == ["1.txt", "3.txt"]
        opened = next(e for e in lab.recorder.log.entries() if e.kind == "epoch.opened")
    assert opened.body["left_out"] == ["hidden/2.txt"]
    assert said.count("making the lab's private data") == 2


def test_a_command_that_cannot_leave_them_out_is_refused_and_leaves_no_lab(tmp_path, shown):
    (shown / "copy.txt").write_text(prose(2))
    (tmp_path / "none.json").write_text("[]")
    root = lab_with(tmp_path / "lab", shown, str(tmp_path / "none.json"))
    with pytest.raises(BadInput, match=r"copy\.txt.*\[sandbox\] hide"):
        create(root, Wish(simulated=True))
    assert not (root / ".regency").exists()
