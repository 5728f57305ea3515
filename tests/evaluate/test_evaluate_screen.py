"""The screen: what may not even be run."""

import pytest

from regency.config import ChangeTable
from regency.evaluate.fingerprint import fingerprint
from regency.evaluate.screen import screen, screen_tree
from regency.records import FileEdit

CHANGE = ChangeTable.model_validate(
    {"editable": ["train.py", "model/*.py"], "max_changed_lines": 10}
)
BEFORE = {"train.py": b"A = 1\nB = 2\n", "model/a.py": b"x = 1\n", "README.md": b"hello\n"}


def fault(*edits: FileEdit) -> str:
    return screen(edits, BEFORE, CHANGE, {*BEFORE, "model/hidden.py", "model/deep.py/x"}) or ""


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
        (FileEdit("model/b.py", b"x", 0o120000), "a link"),
        (FileEdit("model/b.py", b"", 0o160000), "a submodule"),
        (FileEdit("model/conftest.py", b"x = 1\n"), "acts without being asked"),
        (FileEdit("model/sitecustomize.py", b"x = 1\n"), "acts without being asked"),
        (FileEdit("model/A.py", b"x = 1\n"), "upper and lower case"),
        (FileEdit("model/\u202ecod.py", b"x = 1\n"), "look like"),
        (FileEdit("model/\uff41.py", b"x = 1\n"), "look like"),
        (FileEdit("model/hidden.py", b"x = 1\n"), "not editable"),
        (FileEdit("train.py", "A = '\u202e'\n".encode()), "reordering"),
    ],
)
def test_each_fault_is_named(edit: FileEdit, said: str):
    assert said in fault(edit)


def test_an_empty_proposal_changes_nothing():
    assert "changes nothing" in fault()


def test_one_bad_file_among_good_ones_is_found():
    good, bad = FileEdit("train.py", b"A = 2\n"), FileEdit("score.py", b"x = 1\n")
    assert "score.py" in fault(good, bad)


def test_a_file_that_would_be_a_folder_is_named():
    assert "at once" in fault(FileEdit("model/deep.py", b"x = 1\n"))
    wide = ChangeTable.model_validate({"editable": ["**"]})
    assert "at once" in (screen([FileEdit("train.py/x.py", b"x = 1\n")], BEFORE, wide) or "")


def test_the_same_file_twice_is_named():
    assert "twice" in fault(FileEdit("train.py", b"A = 2\n"), FileEdit("train.py", b"A = 3\n"))


def test_empty_files_count_as_lines():
    edits = [FileEdit(f"model/n{n}.py", b"") for n in range(11)]
    assert "changes 11 lines" in fault(*edits)


@pytest.mark.parametrize(
    "name",
    [".gitattributes", "a/.gitmodules", ".github/workflows/x.yml", "x.pth", "usercustomize.py",
     "AGENTS.md", ".cursorrules", "setup.cfg", ".envrc", "a/__pycache__/x.pyc"],
)  # fmt: skip
def test_files_that_act_need_to_be_named_by_the_owner(name: str):
    edit = FileEdit(name, b"x = 1\n")
    wide, named = (ChangeTable.model_validate({"editable": e}) for e in (["**"], ["**", name]))
    assert "acts without" in (screen([edit], {}, wide) or "")
    assert screen([edit], {}, named) is None


def test_a_folder_called_hooks_is_no_hook():
    wide = ChangeTable.model_validate({"editable": ["**"]})
    assert screen([FileEdit("src/hooks/use_thing.py", b"x = 1\n")], {}, wide) is None


OLD = b"import os\n\n\ndef f(x):\n    return x * 0.001\n"


@pytest.mark.parametrize(
    "new",
    [
        OLD + b"# a remark\n",
        OLD.replace(b"0.001", b"1e-3"),
        OLD.replace(b"(x):\n", b'(x):\n    """Doc."""\n    assert x\n'),
        OLD.replace(b"\n\n\n", b"\n"),
        OLD.replace(b"x * 0.001", b"(x * 0.001)  # why"),
    ],
)
def test_layout_leaves_no_fingerprint(new: bytes):
    assert fingerprint([FileEdit("a.py", new)], {"a.py": OLD}) == b""


def test_a_change_leaves_one_and_near_copies_share_it():
    first, copy, other = (
        fingerprint([FileEdit("a.py", new)], {"a.py": OLD})
        for new in (
            OLD.replace(b"0.001", b"0.002"),
            b"# mine\n" + OLD.replace(b"0.001", b"2e-3"),
            OLD.replace(b"0.001", b"0.003"),
        )
    )
    assert first == copy
    assert len({first, other, b""}) == 3
    texts = [[FileEdit("a.md", text)] for text in (b"a\n\nb  \n", b"a\nb\n", b"a b\n")]
    prints = [fingerprint(edits, {}) for edits in texts]
    assert prints[0] == prints[1] != prints[2]


BLOB = "95d09f2b10159347eece71399a7e2e907ea3df4f"  # git hash-object: "hello world" without newline
TREES = {
    "0" * 39 + "1": {b"a": (0o100644, "1" * 40), b"sub": (0o40000, "0" * 39 + "2")},
    "0" * 39 + "2": {b"b": (0o100644, "2" * 40)},
}


def tree_fault(changes: dict[bytes, tuple[int, str]], *edits: FileEdit) -> str:
    after = {**TREES["0" * 39 + "1"], **changes}
    trees = {**TREES, "0" * 39 + "3": after, "0" * 39 + "4": {b"b": (0o100644, BLOB)}}
    return screen_tree(trees.__getitem__, "0" * 39 + "1", "0" * 39 + "3", edits) or ""


def test_the_tree_in_git_must_be_what_was_screened():
    hello = FileEdit("a", b"hello world")
    below = FileEdit("sub/b", b"hello world")
    assert tree_fault({b"a": (0o100644, BLOB)}, hello) == ""
    assert tree_fault({b"sub": (0o40000, "0" * 39 + "4")}, below) == ""
    assert "does not name" in tree_fault({b"a": (0o100644, BLOB)}, below)
    assert "a link" in tree_fault({b"a": (0o120000, BLOB)}, hello)
    assert "a submodule" in tree_fault({b"sub": (0o160000, BLOB)}, FileEdit("sub", b"hello world"))
    assert "as it was proposed" in tree_fault({b"a": (0o100644, "3" * 40)}, hello)
