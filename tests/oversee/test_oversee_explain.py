"""What holds for any change, tried on the package's own modules, and on what nobody should write.

What exactly is said of which change is in ``explain/cases``.
"""

import ast
import itertools
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import regency
from regency.oversee.access import category
from regency.oversee.explain import facts, gains
from regency.oversee.explain.renames import bound, identifiers
from regency.records import Fact

ROOT = Path(regency.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py") if path.stat().st_size > 1500)
SOME = settings(max_examples=20, deadline=None)
files = st.sampled_from(FILES)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def told(before: str, after: str) -> tuple[Fact, ...]:
    return facts({"m.py": before.encode()}, {"m.py": after.encode()})


@SOME
@given(files)
def test_another_layout_is_nothing_but_layout(path):
    plain = path.read_text("utf-8")
    laid_out = ast.unparse(tree_of(path))
    found = {(f.kind, f.text) for f in told(plain, laid_out)}
    assert found <= {("text", "only comments or layout")}


@SOME
@given(files, st.data())
def test_a_name_replaced_everywhere_is_renamed_and_nothing_else(path, data):
    before = ast.unparse(tree_of(path))
    tree = ast.parse(before)
    known = identifiers(tree)
    words = Counter(re.findall(r"\w+", before))
    imported = {part for node in ast.walk(tree) if isinstance(node, ast.alias)
                for part in node.name.split(".")}  # fmt: skip
    # Words that also stand in texts are more than the name.
    names = [n for n in sorted(bound(tree) - imported) if known[n] == words[n] and n[:2] != "__"]
    if not names:
        return
    name = data.draw(st.sampled_from(names))
    found = told(before, re.sub(rf"\b{name}\b", "quite_fresh", before))
    assert found
    assert all("rename" in f.text or "is now" in f.text for f in found), (name, found)


@SOME
@given(files, st.randoms(use_true_random=False))
def test_functions_in_another_order_have_moved_and_nothing_else(path, random):
    body = tree_of(path).body
    functions = [n for n in body if isinstance(n, ast.FunctionDef)]
    if len(functions) < 2:
        return
    shuffled = functions[:]
    random.shuffle(shuffled)
    first = body.index(functions[0])
    rest = [n for n in body[first:] if n not in functions]
    before = ast.unparse(ast.Module([*body[:first], *functions, *rest], []))
    after = ast.unparse(ast.Module([*body[:first], *shuffled, *rest], []))
    found = told(before, after)
    assert {f.kind for f in found} <= {"moved"}
    assert bool(found) == (functions != shuffled)


@SOME
@given(files, st.data())
def test_one_number_gives_one_fact_that_names_it(path, data):
    source = ast.unparse(tree_of(path))
    tree = ast.parse(source)
    quoted = {id(part) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr)
              for part in ast.walk(n)}  # fmt: skip
    numbers = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and type(n.value) is int
               and id(n) not in quoted]  # fmt: skip
    if not numbers:
        return
    number = data.draw(st.sampled_from(numbers))
    lines = source.encode().split(b"\n")
    line = lines[number.lineno - 1]
    new = b"987654" + line[number.end_col_offset :]
    lines[number.lineno - 1] = line[: number.col_offset] + new
    found = told(source, b"\n".join(lines).decode())
    assert len(found) == 1, found
    assert "987654" in found[0].text or found[0].text.endswith("…")


@SOME
@given(files, files)
def test_any_file_can_become_any_other(one, other):
    found = told(one.read_text("utf-8"), other.read_text("utf-8"))
    assert bool(found) == (one.read_bytes() != other.read_bytes())


def test_a_definition_that_moves_to_any_other_file_is_moved():
    a, b = (f"def f{n}(x):\n    y = g(x)\n    return y + {n}\n" for n in (1, 2))
    found = facts(
        {"a.py": (a + b).encode(), "b.py": b"z = 1\n"},
        {"a.py": a.encode(), "b.py": ("z = 1\n" + b).encode()},
    )
    assert Fact("function", "b.py::f2", "moved from a.py::f2") in found
    assert not any(f.text.startswith(("added", "removed")) for f in found)


def test_an_access_that_moved_is_not_news():
    text = b"def f():\n    open('a')\n\n\ndef g():\n    pass\n"
    swapped = b"def f():\n    pass\n\n\ndef g():\n    open('a')\n"
    assert not gains({"m.py": text}, {"m.py": swapped})
    one, other = b"def f():\n    open('a')\n    return 1\n", b"x = 1\n"
    assert not gains({"a.py": one, "b.py": other}, {"a.py": b"", "b.py": other + one})
    more = other + one + b"open('b')\n"
    assert gains({"a.py": one, "b.py": other}, {"a.py": b"", "b.py": more}) == {
        "b.py": {"files": ["open"]}
    }


SOURCE = b"import os\nRATE = 1\n\n\ndef f(x):\n    return x + RATE\n"


@pytest.mark.parametrize(
    "bad",
    [
        b"x = " + b"(" * 5000 + b")" * 5000,
        b"\xff\xfe",
        b"\0",
        b"x = " + b"-" * 50_000 + b"1",
        b'"\\z"\n',
        b"# coding: nonsense\nx = 1\n",
        b"# coding: latin-1\nx = '\xe9'\n",
        b"\xef\xbb\xbfRATE = 2\n",
        b"x = 1\r\ny = 2\r\n",
        b"x = 1\ry = 2\r",
        b"def f(:\n",
        b"if x:\n" * 90 + b"    pass\n",
        b"x = " + b"+".join([b"1"] * 3000) + b"\n",
        b"\x0c\ndef f(x): return '\xe2\x80\xae'\n",
        b"",
    ],
)
def test_hostile_source_does_not_stop_the_reading(bad):
    for before, after in itertools.permutations((SOURCE, bad), 2):
        assert facts({"m.py": before}, {"m.py": after})
    assert facts({}, {"m.py": bad})
    assert facts({"m.py": bad}, {})
    for name in ("a.c", "a.js", "a.json", "a.toml", "a", "requirements.txt", "a.md"):
        assert facts({name: SOURCE}, {name: bad})


def test_coding_lines_and_byte_order_marks_are_read():
    latin = "# coding: latin-1\nx = 'é'\ny = {}\n"
    (fact,) = facts({"m.py": latin.format(1).encode("latin-1")},
                    {"m.py": latin.format(2).encode("latin-1")})  # fmt: skip
    assert fact == Fact("constant", "m.py::y", "1 → 2")
    assert facts({"m.py": b"x = 1\n"}, {"m.py": b"\xef\xbb\xbfx = 1\r\n"}) == (
        Fact("text", "m.py", "only comments or layout"),
    )


def test_what_nobody_sees_is_said():
    after = SOURCE.replace(b"x + RATE", "x + RATE  # \u202e\u2066 ok".encode())
    found = facts({"m.py": SOURCE}, {"m.py": after})
    assert found[0] == Fact("hidden text", "m.py:6", "invisible characters: U+202E, U+2066")
    assert found[1].text == "only comments or layout"


def test_huge_files_are_told_by_their_size():
    big = b"int x;\n" * 100_000
    (fact,) = facts({"a.c": big}, {"a.c": big + b"int y;\n"})
    assert fact.text == "too large to take apart: 1 line added"
    rows = b"".join(b"x%d = %d\n" % (n, n) for n in range(200_000))
    assert facts({"m.py": rows}, {"m.py": rows + b"y = 1\n"})


def test_binary_files_are_told_by_their_size():
    assert facts({"b": b"\0"}, {"b": b"\0\0"}) == (Fact("file", "b", "binary, 1 → 2 bytes"),)


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
