import ast
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regency.propose.mutate.hunks import claim, sentence
from regency.propose.mutate.literals import number_moves
from regency.propose.mutate.sites import Site
from regency.propose.mutate.source import Source
from regency.propose.mutate.surface import Surface


def surface(text, path="a.py"):
    content = text if isinstance(text, bytes) else text.encode()
    return Surface({path: content}, statements=True, siblings=True)


def site(found, part):
    return next(s for s in found.sites.values() if part in s.key)


def news(value, text):
    return [move.new for move in number_moves(value, text)]


@pytest.mark.parametrize(
    ("value", "text", "among"),
    [
        (1e-3, "1e-3", {"3e-3", "2e-3", "5e-4", "2.5e-4"}),
        (0.001, "0.001", {"0.003", "0.002", "0.0005"}),
        (0.9, "0.9", {"0.97", "0.7", "0.95"}),
        (0.999, "0.999", {"0.9997", "0.997"}),
        (64, "64", {"128", "32", "256"}),
        (3, "3", {"2", "4", "6"}),
        (10_000, "10_000", {"20_000", "5_000", "30_000"}),
        (0.0, "0.0", {"0.1", "0.01"}),
        (1.0, "1.", {"3.0", "0.3"}),
    ],
)
def test_numbers_take_nice_steps(value, text, among):
    assert among <= set(news(value, text))


@given(st.one_of(st.floats(1e-12, 1e12), st.integers(0, 10**9)))
def test_steps_keep_the_type_and_change_the_value(value):
    for new in news(value, repr(value)):
        read = ast.literal_eval(new)
        assert type(read) is type(value)
        assert read != value
        assert read >= 0


def test_hexadecimal_is_left_alone():
    assert news(255, "0xff") == []


def test_positions_are_read_from_structure():
    found = surface(
        "import argparse\nimport numpy as np\nRATE = 0.1\nrate = 0.2\n"
        "class Settings:\n    size: int = 8\n"
        "def f(x, y=3.5):\n    z = 4.5\n    return np.clip(x * 5.5, a_max=6.5)[7]\n"
        "p = argparse.ArgumentParser()\np.add_argument('--n', default=9.5)\n"
    )
    positions = {s.old: s.position for s in found.sites.values() if s.kind in {"float", "int"}}
    assert positions == {
        "0.1": "constant", "0.2": "module", "8": "field", "3.5": "default", "4.5": "local",
        "5.5": "deep", "6.5": "keyword", "7": "index", "9.5": "edge",
    }  # fmt: skip


def test_keys_survive_edits_elsewhere():
    before = surface("A = 1.5\n\n\ndef f(x):\n    y = x * 2.5\n    return y + 3.5\n")
    after = surface("# new\nB = 9.5\nA = 7.5\n\n\ndef g():\n    return 1.25\n\n\n"
                    "def f(x):\n    y = x * 2.5\n    return y + 3.5\n")  # fmt: skip
    kept = {k for k, s in before.sites.items() if s.kind == "float"}
    assert kept <= after.sites.keys()
    assert {after.sites[k].old for k in kept} == {"7.5", "2.5", "3.5"}


def test_strings_are_chosen_among_what_they_are_compared_with():
    found = surface(
        "ACT = 'tanh'\nNAME = 'free'\n\n\ndef f(x, mode=\"fast\"):\n"
        "    if ACT == 'relu':\n        return x\n    if ACT in ('gelu', 'tanh'):\n"
        "        return -x\n    match mode:\n        case 'slow':\n            return 1\n"
        "    return {'a': 1, 'b': 2}[NAME]\n"
    )
    moves = {s.name: [m.new for m in s.moves] for s in found.sites.values() if s.kind == "string"}
    assert moves == {
        "ACT": ["'relu'", "'gelu'"], "NAME": ["'a'", "'b'"], "f(mode)": ['"slow"'],
    }  # fmt: skip


def test_siblings_come_from_imported_modules_and_local_functions():
    found = surface(
        "import numpy as np\nfrom math import sin, cos\n\n\n"
        "def one(x):\n    return np.tanh(x)\n\n\n"
        "def two(x):\n    return sin(x) * min(x, 2.5)\n\n\ndef three(x):\n    return one(x)\n"
    )
    calls = {s.old: [m.new for m in s.moves] for s in found.sites.values() if s.kind == "call"}
    assert "np.arctan" in calls["np.tanh"]
    assert calls["np.tanh(x)"] == ["np.maximum(x, 0.0)"]
    assert calls["sin"] == ["cos"]
    assert calls["min"] == ["max"]
    assert calls["one"] == ["two", "three"]


def test_statements_never_touch_imports_definitions_or_first_bindings():
    found = surface(
        "import os\n\n\ndef f(x):\n    '''Doc.'''\n    y = x\n    y += 1\n    print(y)\n"
        "    return y\n\n\nif __name__ == '__main__':\n    f(1)\n"
    )
    said = {(m.op, s.old.strip()) for s in found.sites.values() if s.kind == "statement"
            for m in s.moves}  # fmt: skip
    assert {("delete", "y += 1"), ("repeat", "y += 1")} <= said
    assert not any(
        op == "delete" and ("import" in old or "def" in old or old == "y = x" or "Doc" in old)
        for op, old in said
    )
    assert not any("__main__" in old for _, old in said)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_formatting_is_kept(newline, mark):
    lines = ["# größe ☃", "x = 'ünï'; RATE = 1e-3  # käse", "if x:", "\ty = (2.5 *  # why",
             "\t\tRATE)", "\ty -=\t0.25   # end", ""]  # fmt: skip
    before = mark + newline.join(lines).encode()
    found = surface(before)
    rate = site(found, "RATE")
    move = next(m for m in rate.moves if m.new == "3e-3")
    after = found.contents([(rate, move)])["a.py"]
    assert after == before.replace(b"1e-3", b"3e-3")
    last = next(s for s in found.sites.values() if s.old == "0.25")
    changed = found.contents([(last, last.moves[0])])["a.py"]
    assert changed == before.replace(b"0.25", last.moves[0].new.encode())


def test_f_strings_and_other_encodings_are_left_alone():
    assert not surface('x = f"{1.5:.2f} {2.5}"\n').sites
    assert surface(b"# -*- coding: latin-1 -*-\nX = 1.5 # \xe4\n").broken == ["a.py"]
    assert surface(b"X = 1.5\x00\n").broken == ["a.py"]


def test_digest_ignores_formatting_and_sees_changes():
    base = Source(b"A = 1e-3\n\n\ndef f():\n    return A\n")
    assert Source(b"A=0.001 # same\ndef f(): return A\n").digest() == base.digest()
    assert base.digest([(4, 8, b"0.0010")]) == base.digest()
    assert base.digest([(4, 8, b"2e-3")]) == Source(b"A = 2e-3\ndef f(): return A\n").digest()
    with pytest.raises(SyntaxError):
        base.digest([(4, 8, b"(")])


NAMES = st.sampled_from(["A", "B", "Rate", "x", "größe"])
NUMBERS = st.one_of(
    st.floats(0, 1e9, allow_nan=False).map(repr),
    st.integers(0, 10**6).map(str),
    st.sampled_from(["1e-3", "1_000", "0.9", ".5", "1.", "0x1F", "1E5", "-2", "-0.25"]),
)


@st.composite
def expressions(draw, depth=2):
    if depth == 0 or draw(st.booleans()):
        return draw(st.one_of(NUMBERS, NAMES, st.sampled_from(["True", "'tänh'", "'b'"])))
    left, right = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    form = draw(st.sampled_from(
        ["({} + {})", "({}*{})", "min({}, {})", "math.sin({}) - {}", "({} < {})", "f({}, k={})",
         "({}\n   / {})", "[{}, {}]", "({} and {})", "({} == {})"]))  # fmt: skip
    return form.format(left, right)


@st.composite
def modules(draw):
    gap = draw(st.sampled_from(["", "  # ünï", "   "]))
    out = ["import math"]
    for _ in range(draw(st.integers(1, 4))):
        name, value = draw(NAMES), draw(expressions())
        form = draw(
            st.sampled_from(
                [
                    "{n} = {v}{g}",
                    "{n} = {v}; {n} += {v}",
                    "def f(a, k={v}):{g}\n\ty = {v}\n\ty += a{g}\n\treturn y",
                    "class C:\n    {n}: float = {v}{g}",
                    "if {v}:\n  {n} = {v}\n  {n} -= 1\n  {n} *= 2",
                    "for i in range(3):\n    {n} = i\n    print({v}){g}",
                    "@dec({v})\ndef g(): pass",
                    "async def h():\n  async with a({v}) as b:\n    await b",
                    "lambda: [{v} for _ in ({v},)]",
                ]
            )
        )
        out.append(form.format(n=name, v=value, g=gap))  # fmt: skip
    return draw(st.sampled_from(["\n", "\r\n"])).join("\n".join(out).split("\n")).encode() + b"\n"


def said_of(found: Site, move) -> tuple[str, str]:
    return claim(found, move, only=True), sentence(found, move)


@settings(max_examples=120, deadline=None)
@given(modules(), st.data())
def test_edits_compile_touch_one_span_and_are_told_truly(content, data):
    found = surface(content)
    if not found.sites:
        return
    chosen = data.draw(st.sampled_from(list(found.sites.values())))
    move = data.draw(st.sampled_from(chosen.moves))
    try:
        result = found.result([(chosen, move)])
    except SyntaxError:
        with pytest.raises(SyntaxError):
            compile(found.contents([(chosen, move)])["a.py"], "a.py", "exec")
        return
    after = found.contents([(chosen, move)])["a.py"]
    compile(after, "a.py", "exec")
    assert after == content[: chosen.start] + move.new.encode() + content[chosen.end :]
    assert content[chosen.start : chosen.end].decode() == chosen.old
    assert surface(after).digest == result
    check_claim(content, after, *said_of(chosen, move))


def test_a_swap_of_top_level_statements_has_the_digest_of_its_result():
    text = b"import math\nif B:\n  A = B\nA = f(0.0, k=(0.0 + 0.0))\nA = A\nA = (0.0 + 0.0)\n"
    found = surface(text)
    swaps = [(site, m) for site in found.sites.values() for m in site.moves if m.op == "swap"]
    assert swaps
    for choice in swaps:
        assert surface(found.contents([choice])["a.py"]).digest == found.result([choice])


def check_claim(before, after, claimed, said):
    lines = re.split(r"\r\n|\r|\n", before.decode())
    change = re.fullmatch(r"changes only (.+) in a\.py from (.+) to (.+)", claimed, re.DOTALL)
    number = re.search(r"lines? (\d+)", claimed) or re.search(r"lines? (\d+)", said)
    first = lines[int(number[1]) - 1]
    if change is None:
        word = re.match(r"(deletes|repeats|swaps) only lines? \d", claimed)[1]
        quoted = re.search(r": `(.*)`$", claimed, re.DOTALL)[1]
        assert quoted.rstrip("…").startswith(" ".join(first.split())[:20])
        sizes = {"deletes": len(after) < len(before), "repeats": len(after) > len(before),
                 "swaps": sorted(after.splitlines()) == sorted(before.splitlines())}  # fmt: skip
        assert sizes[word]
        return
    old, new = change[2].strip("`"), change[3].strip("`")
    assert old.rstrip("…") in " ".join(first.split()) or old in first
    assert first.replace(old, new) != first or "…" in old + new
