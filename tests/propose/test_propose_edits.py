"""Answers of models: every form of the corpus, and texts that no model would write."""

import pytest
from answer_forms import generator, made
from answers_corpus import CASES, NET, ONE, TRAIN, TWO, Case, block, whole
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from regency.errors import Unreadable
from regency.propose.edits import read_answer, syntax_fault
from regency.propose.edits.match import replaced

TREE = {path: text.encode() for path, text in TWO.items()}
EDITABLE = ("train.py", "lib/net.py")


def read(case: Case):
    tree = {path: text.encode() for path, text in case.tree.items()}
    answer = read_answer(case.answer, tree, case.editable, complete=case.complete)
    return {e.path: None if e.content is None else e.content.decode() for e in answer.edits}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_corpus(case):
    if case.want is None:
        with pytest.raises(Unreadable, match=r"\w.*\.$"):
            read(case)
    else:
        assert read(case) == case.want


def test_corpus_is_large_and_has_both_kinds():
    refused = sum(case.want is None for case in CASES)
    assert len(CASES) >= 100
    assert refused >= 30
    assert len({case.name for case in CASES}) == len(CASES)


def test_rationale_and_claims_are_what_stands_around_the_blocks():
    text = "Twice as fast.\n\nClaim: only the rate changes.\n" + block("RATE = 0.01", "RATE = 0.02")
    answer = read_answer(text, TREE, EDITABLE)
    assert answer.rationale == "Twice as fast."
    assert answer.claims == ("only the rate changes.",)


def test_json_rationale_and_claims():
    text = (
        '{"rationale": "Why.", "claims": ["faster"], "edits": [{"path": "train.py", '
        '"search": "RATE = 0.01", "replace": "RATE = 0.02"}]}'
    )
    answer = read_answer(text, TREE, EDITABLE)
    assert (answer.rationale, answer.claims) == ("Why.", ("faster",))


PARTS = st.sampled_from([
    "train.py", "lib/net.py", "fixed.py", "../x.py", "/etc/passwd", "```", "```python", "````",
    "~~~", "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "RATE = 0.01", "RATE = 0.02",
    "    return x", "", "--- a/train.py", "+++ b/train.py", "+++ /dev/null", "@@ -1,2 +1,2 @@",
    "-RATE = 0.01", "+X", " ", "*** Begin Patch", "*** Update File: train.py",
    "*** Delete File: fixed.py", "<think>", "</think>", '<file path="train.py">', "</file>",
    '{"path": "train.py", "content": "x"}', "<tool_call>", "[", "{", '<invoke name="a">',
    '<parameter name="path">train.py</parameter>', "</invoke>", "# ...", "\x00", "\ud800",
    "WIDTH = 8", "return WIDTH", "1: RATE = 0.01", TRAIN, NET, "Claim: a", "\r", "\u2028",
])  # fmt: skip


def check_answer(text: str, tree, editable) -> None:
    try:
        answer = read_answer(text, tree, editable)
    except Unreadable as error:
        said = str(error)
    else:
        check_edits(answer, tree, editable)
        return
    assert said.strip()
    assert len(said) < 1000


def check_edits(answer, tree, editable) -> None:
    assert answer.edits
    assert {edit.path for edit in answer.edits} <= set(editable)
    assert len({edit.path for edit in answer.edits}) == len(answer.edits)
    assert all(edit.content != tree.get(edit.path) for edit in answer.edits)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PARTS, max_size=14).map("\n".join))
def test_shuffled_parts_raise_only_our_error_and_stay_inside(text):
    check_answer(text, TREE, EDITABLE)
    check_answer(text, {path: t.encode() for path, t in ONE.items()}, ("train.py",))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400), st.binary(max_size=60))
def test_any_text_on_any_file(text, content):
    check_answer(text, {"a.py": content, "b": b"x"}, ("a.py",))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(CASES), st.data())
def test_a_corpus_answer_with_a_hole_never_touches_another_file(case, data):
    low = data.draw(st.integers(0, len(case.answer)))
    high = data.draw(st.integers(low, len(case.answer)))
    tree = {path: text.encode() for path, text in case.tree.items()}
    check_answer(case.answer[:low] + case.answer[high:], tree, case.editable)


LINES = st.lists(st.sampled_from(["a", "b", "  a", "c = 1", "", "d"]), min_size=1, max_size=12)


@settings(max_examples=300, deadline=None)
@given(LINES, st.data())
def test_an_exact_block_is_replaced_just_where_it_stands_or_refused(lines, data):
    low = data.draw(st.integers(0, len(lines) - 1))
    high = data.draw(st.integers(low + 1, len(lines)))
    assume(any(line.strip() for line in lines))
    old, text = lines[low:high], "".join(f"{line}\n" for line in lines)
    places = [n for n in range(len(lines)) if lines[n : n + len(old)] == old]
    try:
        made = replaced(text, "\n".join(old) + "\n", "NEW\n")
    except Unreadable:
        made = ""
    if not made:
        assert len(places) > 1 or not any(line.strip() for line in old)
        return
    assert len(places) == 1
    assert made == "".join(f"{line}\n" for line in [*lines[:low], "NEW", *lines[high:]])


def test_a_whole_file_round_trips():
    answer = read_answer(whole(TRAIN.replace("100", "7")), TREE, EDITABLE)
    assert answer.edits[0].content == TRAIN.replace("100", "7").encode()


def test_bytes_that_are_no_text_are_kept():
    tree = {"a.py": b"# \xff\xfe\nA = 1\n"}
    answer = read_answer(block("A = 1", "A = 2", "a.py"), tree, ("a.py",))
    assert answer.edits[0].content == b"# \xff\xfe\nA = 2\n"


def test_long_answers_are_refused_and_large_files_are_quick():
    with pytest.raises(Unreadable, match="too long"):
        read_answer("x" * 2_000_001, TREE, EDITABLE)
    tree = {"a.py": "".join(f"x{n} = {n}\n" for n in range(20000)).encode()}
    answer = read_answer(block("x9999 = 9999", "x9999 = 0", "a.py"), tree, ("a.py",))
    assert b"x9999 = 0\n" in (answer.edits[0].content or b"")


@pytest.mark.parametrize(
    ("path", "content", "fault"),
    [
        ("a.py", b"x = (\n", "line 1"),
        ("a.py", b"x = '\\d'\n", ""),
        ("a.py", b"\xff", "codec"),
        ("a.json", b"{", "Expecting"),
        ("a.toml", b"x = ", "Invalid"),
        ("a.txt", b"x = (", ""),
    ],
)
def test_syntax(path, content, fault):
    said = syntax_fault(path, content)
    assert (fault in said) if fault else not said


def filled(text):
    return [line for line in text.split("\n") if line.strip()]


def test_generated_answers_become_what_was_meant_or_are_refused():
    right = 0
    for seed in range(1500):
        text, answer, want = made(generator(seed))
        try:
            edit = read_answer(answer, {"a.py": text.encode()}, ("a.py",)).edits[0]
        except Unreadable:
            continue
        assert filled((edit.content or b"").decode()) == filled(want), answer
        right += 1
    assert right > 900


def test_numbers_of_blank_lines_are_refused_not_crashed_on():
    with pytest.raises(Unreadable, match="not in the file"):
        read_answer(block("3: ", "x = 1"), TREE, EDITABLE)
