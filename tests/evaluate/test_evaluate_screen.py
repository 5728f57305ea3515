"""The screen: what may not even be run."""

import pytest

from regency.config import ChangeTable
from regency.evaluate.screen import screen
from regency.records import FileEdit

CHANGE = ChangeTable.model_validate(
    {"editable": ["train.py", "model/*.py"], "max_changed_lines": 10}
)
BEFORE = {"train.py": b"A = 1\nB = 2\n", "model/a.py": b"x = 1\n", "README.md": b"hello\n"}


def fault(*edits: FileEdit) -> str:
    return screen(edits, BEFORE, CHANGE) or ""


@pytest.mark.parametrize(
    "edit",
    [
        FileEdit("train.py", b"A = 3\nB = 2\n"),
        FileEdit("model/b.py", b"y = 1\n"),
        FileEdit("model/a.py", None),
        FileEdit("train.py", "A = 'ü'\n".encode()),
    ],
)
def test_honest_changes_pass(edit: FileEdit):
    assert screen([edit], BEFORE, CHANGE) is None


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (FileEdit("score.py", b"print(0)\n"), "not editable"),
        (FileEdit("README.md", b"x\n"), "not editable"),
        (FileEdit("../train.py", b"x = 1\n"), "leads out"),
        (FileEdit("/etc/passwd", b"x"), "leads out"),
        (FileEdit(".git/hooks/pre-commit", b"x"), "leads out"),
        (FileEdit("model/../../x.py", b"x = 1\n"), "leads out"),
        (FileEdit("train.py", b"/etc/passwd", 0o120000), "file mode"),
        (FileEdit("train.py", b"A = 1\n", 0o104755), "file mode"),
        (FileEdit("train.py", b"\x00\x01\x02"), "not UTF-8 text"),
        (FileEdit("train.py", b"A = '\xff'\n"), "not UTF-8 text"),
        (FileEdit("train.py", b"# " + b"x" * (1 << 20)), "bytes, at most"),
        (FileEdit("train.py", b"".join(b"A = %d\n" % n for n in range(30))), "at most 10"),
        (FileEdit("train.py", b"A = = 1\n"), "does not compile"),
        (FileEdit("train.py", b"(" * 5000), "does not compile"),
        (FileEdit("train.py", BEFORE["train.py"]), "changes nothing"),
        (FileEdit("model/none.py", None), "not there"),
    ],
)
def test_each_fault_is_named(edit: FileEdit, said: str):
    assert said in fault(edit)


def test_an_empty_proposal_changes_nothing():
    assert "changes nothing" in fault()


def test_one_bad_file_among_good_ones_is_found():
    good, bad = FileEdit("train.py", b"A = 2\n"), FileEdit("score.py", b"x = 1\n")
    assert "score.py" in fault(good, bad)
