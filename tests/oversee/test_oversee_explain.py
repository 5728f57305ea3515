import pytest

from regency.oversee.access import category
from regency.oversee.explain import facts
from regency.records import Fact

SOURCE = '''"""Doc."""
import numpy as np

RATE = 1e-3
SIZES = [1, 2]


class Model:
    depth = 2

    def forward(self, x, scale=1.0, *, bias=True):
        y = np.tanh(x * 0.5)
        return y * scale


def train(steps=100):
    momentum = 0.9
    for step in range(steps):
        if step % 10 == 0:
            print(step)
    return momentum


def helper(a):
    return a + 1
'''


def between(*changes: tuple[str, str]) -> set[tuple[str, str, str]]:
    after = SOURCE
    for old, new in changes:
        assert old in after
        after = after.replace(old, new)
    found = facts({"m.py": SOURCE.encode()}, {"m.py": after.encode()})
    return {(f.kind, f.where, f.text) for f in found}


@pytest.mark.parametrize(
    ("old", "new", "kind", "where", "text"),
    [
        ("RATE = 1e-3", "RATE = 3e-3", "constant", "m.py::RATE", "1e-3 → 3e-3"),
        ("SIZES = [1, 2]", "SIZES = [1,\n 3]", "constant", "m.py::SIZES", "[1, 2] → [1, 3]"),
        ("depth = 2", "depth = 4", "constant", "m.py::Model.depth", "2 → 4"),
        ("scale=1.0", "scale=2.0", "argument", "m.py::Model.forward(scale)", "1.0 → 2.0"),
        ("bias=True", "bias=False", "argument", "m.py::Model.forward(bias)", "True → False"),
        ("momentum = 0.9", "momentum = 0.95", "value", "m.py::train.momentum", "0.9 → 0.95"),
        ("x * 0.5", "x * 0.25", "literal", "m.py::Model.forward:12", "0.5 → 0.25"),
        ("% 10", "% 20", "literal", "m.py::train:19", "10 → 20"),
    ],
)
def test_one_value_gives_exactly_one_fact(old: str, new: str, kind: str, where: str, text: str):
    assert between((old, new)) == {(kind, where, text)}


def test_calls_control_flow_and_signatures():
    found = between(
        ("np.tanh", "np.maximum"),
        ("            print(step)", "            while step:\n                break"),
        ("def helper(a)", "def helper(a, b)"),
    )
    assert ("call", "m.py", "+1 numpy.maximum, −1 numpy.tanh, −1 print") in found
    assert ("control flow", "m.py", "+1 break, +1 while") in found
    assert ("signature", "m.py::helper", "(a) → (a, b)") in found
    assert ("function", "m.py::train", "changed, 6 → 7 lines") in found


def test_functions_added_removed_renamed_and_moved():
    helper = "def helper(a):\n    return a + 1\n"
    assert between((helper, "")) == {
        ("function", "m.py::helper", "removed, 2 lines"),
        ("control flow", "m.py", "−1 return"),
    }
    assert between(("def helper", "def added_one")) == {
        ("function", "m.py::added_one", "renamed from helper")
    }
    moved = facts(
        {"m.py": SOURCE.encode(), "n.py": b"x = 1\n"},
        {"m.py": SOURCE.replace(helper, "").encode(), "n.py": b"x = 1\n" + helper.encode()},
    )
    assert moved == (
        Fact("control flow", "m.py", "−1 return"),
        Fact("function", "n.py::helper", "moved from m.py::helper"),
        Fact("control flow", "n.py", "+1 return"),
    )
    bad = helper.replace("+ 1", "+ 2")
    changed = facts(
        {"m.py": SOURCE.encode(), "n.py": b"x = 1\n"},
        {"m.py": SOURCE.replace(helper, "").encode(), "n.py": b"x = 1\n" + bad.encode()},
    )
    assert {f.text for f in changed} >= {"removed, 2 lines", "added, 2 lines"}


def test_imports_and_what_they_reach():
    found = between(
        ("import numpy as np", "import numpy as np\nfrom os import system as s\nimport socket"),
        ("            print(step)", "            s('ls'); open('x')"),
    )
    assert ("import", "m.py", "added os.system") in found
    assert ("access", "m.py", "processes: os.system") in found
    assert ("access", "m.py", "network: socket") in found
    assert ("access", "m.py", "files: open") in found


def test_an_access_that_moved_is_not_news():
    text = b"def f():\n    open('a')\n\n\ndef g():\n    pass\n"
    swapped = b"def f():\n    pass\n\n\ndef g():\n    open('a')\n"
    assert not [f for f in facts({"m.py": text}, {"m.py": swapped}) if f.kind == "access"]


def test_layout_syntax_and_other_files():
    assert between(("RATE = 1e-3", "RATE = 1e-3  # fast")) == {
        ("text", "m.py", "only comments or layout")
    }
    assert ("syntax", "m.py", "not valid Python any more") in between(
        ("class Model:", "class Model")
    )
    found = facts(
        {"a.c": b"1\n2\n3\n4\n", "gone.py": b"1\n", "b": b"\0"},
        {"a.c": b"1\nx\n3\n4\n5\n", "new.py": b"import socket\n", "b": b"\0\0"},
    )
    assert [(f.kind, f.where, f.text) for f in found] == [
        ("text", "a.c:2", "1 lines added, 1 removed"),
        ("text", "a.c:5", "1 lines added, 0 removed"),
        ("file", "b", "binary, 1 → 2 bytes"),
        ("file", "gone.py", "deleted, 1 lines"),
        ("file", "new.py", "new file, 1 lines"),
        ("import", "new.py", "added socket"),
        ("access", "new.py", "network: socket"),
    ]
    assert facts({"a": b"1"}, {"a": b"1"}) == ()


def test_hostile_source_does_not_stop_the_reading():
    deep = b"x = " + b"(" * 5000 + b")" * 5000
    for bad in (deep, b"\xff\xfe", b"\0", b"x = " + b"-" * 50_000 + b"1", b'"\\z"\n'):
        facts({"m.py": SOURCE.encode()}, {"m.py": bad})


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("subprocess.run", "processes"),
        ("os.execvp", "processes"),
        ("numpy.load", "files"),
        ("path.read_text", "files"),
        ("….write_bytes", "files"),
        ("eval", "dynamic code"),
        ("model.eval", ""),
        ("os.environ.get", "limits and clocks"),
        ("urllib.request.urlopen", "network"),
        ("numpy.tanh", ""),
        ("opener", ""),
    ],
)
def test_categories(name: str, kind: str):
    assert category(name) == kind
