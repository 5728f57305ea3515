import pytest

from regency.oversee.explain import facts
from regency.oversee.questions import MOST, questions
from regency.records import ClaimCheck

BEFORE = b"""import subprocess
SEED = 1
def f(x, n=3):
    if not x:
        raise ValueError(x)
    if allowed(x):
        save(x)
    try:
        go(x < n)
    except OSError:
        pass
    subprocess.run(x, check=True)
def test_f():
    assert f(1)
"""


def asked(*changes: tuple[bytes, bytes], path: str = "m.py", **named) -> tuple[str, ...]:
    after = BEFORE
    for old, new in changes:
        assert old in after
        after = after.replace(old, new)
    return questions(facts({path: BEFORE}, {path: after}), [], **named)


@pytest.mark.parametrize(
    ("old", "new", "start"),
    [
        (b"    if not x:\n        raise ValueError(x)\n", b"", "f no longer has `if not x: raise"),
        (b"    if allowed(x):\n        save(x)\n", b"    save(x)\n",
         "f goes ahead without asking `allowed(x)`"),
        (b"except OSError", b"except Exception", "f now catches more (OSError → Exception)"),
        (b"check=True", b"shell=True", "Why +shell=True in the call of subprocess.run in f?"),
        (b"x < n", b"x <= n", "`x < n` is now `x <= n` in f: which test"),
        (b"n=3", b"n=4", "Who relies on 3 as the default of f(n)?"),
        (b"SEED = 1", b"SEED = 2", "Why does SEED change (1 → 2)"),
        (b"(x, n=3)", b"(m, x, n=3)", "Do all callers of f follow its new arguments?"),
        (b"save(x)", b"eval(x)", "Why does m.py now make or load code at run time (eval)?"),
        (b"save(x)", "save(x)  # \u202e".encode(), "What are the invisible characters in m.py:7"),
    ],
)  # fmt: skip
def test_a_fact_gives_its_question(old, new, start):
    assert any(question.startswith(start) for question in asked((old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"n=3", b"n = 3"), (b"save(x)", b"keep(x)"), (b"x, n=3", b"x, n=3, m=4"),
     (b"except OSError", b"except KeyError"), (b"x < n", b"x < n + 1")],
)  # fmt: skip
def test_plain_changes_raise_no_question(old, new):
    assert asked((old, new)) == ()


def test_tests_that_go_and_tests_that_are_missing():
    gone = asked((b"def test_f():\n    assert f(1)\n", b""), path="tests/test_m.py")
    assert gone == ("A test is gone (test_f): what does nobody check any more?",)
    (missing,) = asked((b"save(x)", b"keep(x)"), expect_tests=True)
    assert missing.startswith("No test changes with f")


def test_a_contradicted_claim_comes_first_and_there_are_few():
    claim = ClaimCheck("only SEED", "fails", "it also changes f")
    after = BEFORE.replace(b"save", b"eval").replace(b"x < n", b"x <= n").replace(b"n=3", b"n=9")
    after = after.replace(b"check=True", b"shell=True").replace(b"SEED = 1", b"SEED = 2")
    found = questions(facts({"m.py": BEFORE}, {"m.py": after}), [claim])
    assert found[0] == "The rationale says “only SEED”, but it also changes f: which is meant?"
    assert len(found) == MOST
    assert questions([], []) == ()


def test_a_comparison_that_is_reversed():
    (asked_of,) = questions(facts({"m.py": b"y = x == 1\n"}, {"m.py": b"y = x != 1\n"}), [])
    assert asked_of == "`x == 1` is now `x != 1` in m.py: is the reversal meant?"
