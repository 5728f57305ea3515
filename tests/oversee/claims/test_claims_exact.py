import pytest

from regency.oversee.claims import check_claims

BEFORE = b"""RATE = 1e-3
WIDTH = 64


def step(size=0.5):
    x = size * 3
    y = f(x, keep=True)
    return x - y


class Net:
    rate = 0.1
"""


def check(claim: str, *changes: tuple[bytes, bytes], files: dict[str, bytes] | None = None):
    after = BEFORE
    for old, new in changes:
        assert old in after
        after = after.replace(old, new, 1)
    before = {"train.py": BEFORE, **dict.fromkeys(files or {}, b"old\n")}
    (found,) = check_claims([claim], "", before, {"train.py": after, **(files or {})})
    return found.result


RATE = (b"RATE = 1e-3", b"RATE = 3e-3")
WIDTH = (b"WIDTH = 64", b"WIDTH = 128")


@pytest.mark.parametrize(
    ("claim", "changes", "result"),
    [
        ("changes only RATE in train.py from 1e-3 to 3e-3", [RATE], "holds"),
        ("changes only RATE in train.py from 0.001 to 3e-3", [RATE], "holds"),
        ("changes only RATE in train.py from 1e-3 to 5e-3", [RATE], "fails"),
        ("changes only RATE in train.py from 1e-3 to 3e-3", [WIDTH], "fails"),
        ("changes only RATE in train.py from 1e-3 to 3e-3", [RATE, WIDTH], "fails"),
        ("changes RATE in train.py from 1e-3 to 3e-3", [RATE, WIDTH], "holds"),
        ("changes only RATE in train.py from 1e-3 to 3e-3", [RATE, (b"y = f", b"y = g")], "fails"),
        ("changes only RATE in train.py from 1e-3 to 3e-3",
         [(b"RATE = 1e-3", b"RATE = 3e-3; import os")], "fails"),
        ("changes only RATE in train.py from 1e-3 to 3e-3",
         [RATE, (b"class", b"#\nclass")], "fails"),
        ("changes only RATE in other.py from 1e-3 to 3e-3", [RATE], "fails"),
        ("changes only step(size) in train.py from 0.5 to 0.7", [(b"=0.5", b"=0.7")], "holds"),
        ("changes only rate in train.py from 0.1 to 0.2", [(b"= 0.1", b"= 0.2")], "holds"),
        ("changes only line 6 in train.py from `3` to `4`", [(b"* 3", b"* 4")], "holds"),
        ("changes only line 6 in train.py from `3` to `4`", [(b"* 3", b"* 5")], "fails"),
        ("changes only line 6 in train.py from `3` to `4`", [(b"* 3", b"* 4"), RATE], "fails"),
        ("changes line 6 in train.py from `3` to `4`", [(b"* 3", b"* 4"), RATE], "holds"),
        ("changes only line 2 in train.py from `3` to `4`", [(b"* 3", b"* 4")], "fails"),
        ("changes only line 6 in train.py from `size…` to `x`", [(b"* 3", b"* 4")], "unknown"),
        ("deletes only line 7 in train.py: `y = f(x, keep=True)`",
         [(b"    y = f(x, keep=True)\n", b"")], "holds"),
        ("deletes only line 7 in train.py: `y = f(x, keep=True)`",
         [(b"    y = f(x, keep=True)\n    return x - y\n", b"    pass\n")], "fails"),
        ("deletes only line 7 in train.py: `y = f(x, keep=True)`", [RATE], "fails"),
        ("repeats only line 6 in train.py: `x = size * 3`",
         [(b"    x = size * 3\n", b"    x = size * 3\n    x = size * 3\n")], "holds"),
        ("repeats only line 6 in train.py: `x = size * 3`",
         [(b"    x = size * 3\n", b"    x = size * 3\n    x = size * 3\n    z = 1\n")], "fails"),
        ("swaps only line 6 in train.py with what follows it: `x = size * 3`",
         [(b"    x = size * 3\n    y = f(x, keep=True)\n",
           b"    y = f(x, keep=True)\n    x = size * 3\n")], "holds"),
        ("swaps only line 6 in train.py with what follows it: `x = size * 3`",
         [(b"    x = size * 3\n    y = f(x, keep=True)\n",
           b"    y = f(x, keep=True)\n    x = size * 4\n")], "fails"),
        ("changes only the rate", [RATE], "holds"),
        ("Only train.py changes.", [RATE], "holds"),
        ("only the width was tuned", [WIDTH, RATE], "fails"),
        ("Only the rate is tuned.", [WIDTH], "fails"),
        ("Only good things happen.", [WIDTH], "unknown"),
        ("does not touch RATE", [RATE], "fails"),
        ("It never changes the width.", [RATE], "holds"),
        ("makes everything faster", [RATE], "unknown"),
        ("", [RATE], "unknown"),
    ],
)  # fmt: skip
def test_claims(claim: str, changes: list[tuple[bytes, bytes]], result: str):
    assert check(claim, *changes) == result


def test_only_is_false_when_another_file_changes():
    claim = "changes only RATE in train.py from 1e-3 to 3e-3"
    assert check(claim, RATE, files={"data.py": b"new\n"}) == "fails"
    assert check("changes only train.py", RATE, files={"data.py": b"new\n"}) == "fails"


def test_a_rationale_that_limits_is_checked_too():
    after = {"train.py": BEFORE.replace(b"1e-3", b"3e-3").replace(b"64", b"65")}
    rationale = "We tune it. Only the rate is changed; nothing is risky.\nThanks."
    found = check_claims([], rationale, {"train.py": BEFORE}, after)
    assert [(c.claim, c.result) for c in found] == [("Only the rate is changed;", "fails")]
    assert "WIDTH" in found[0].reason


def test_strange_claims_never_fail_to_be_checked():
    nested = "changes only x in train.py from " + "(" * 9999 + " to 1"
    for claim in ("`" * 999, "changes only ( in [ from ) to \\", "\0\n\x1b[31m", nested):
        for found in check_claims([claim], claim, {"train.py": BEFORE}, {"train.py": b"x"}):
            assert found.result in ("unknown", "fails")
            assert len(found.claim) <= 300
