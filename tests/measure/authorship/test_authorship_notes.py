"""Reading git-ai notes and Agent Trace records, well formed and not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regency.measure.authorship.authors import Category, painted
from regency.measure.authorship.gitai import author_of, read_note
from regency.measure.authorship.trace import read_trace
from regency.records import Agent, Candidate
from regency.repo.provenance import note_text

GOOD = json.dumps({"schema_version": "authorship/3.0.0", "base_commit_sha": "c", "prompts": {
    "0123456789abcdef": {"agent_id": {"tool": "cursor", "id": "7", "model": "gpt-5"}},
    "abcdef0": {"agent_id": {"tool": "Claude Code", "id": "8", "model": "unknown"}}},
    "sessions": {"s_" + "1" * 14: {"agent_id": {"tool": "codex", "id": "9", "model": "o9"}}},
    "humans": {"h_" + "2" * 14: {"author": "Ada <a@b>"}}})  # fmt: skip


def kinds(note):
    return [kind for kind, _ in note.problems]


def test_all_four_forms_of_keys():
    top = f'"a b.py"\n  s_{"1" * 14}::t_{"9" * 14} 1-3,7\n  h_{"2" * 14} 4\n'
    note = read_note((top + f"c.py\n  0123456789abcdef 1\n  abcdef0 2-2\n---\n{GOOD}").encode())
    assert note.problems == [] and note.base == "c"
    assert [c[:2] for c in note.claims["a b.py"]] == [(1, 3), (7, 7), (4, 4)]
    found = [author_of(key, note.authors) for path in note.claims for *_, key in note.claims[path]]
    assert [(a.category, a.agent, a.model) for a in found] == [
        (Category.AI, "codex", "o9"), (Category.AI, "codex", "o9"), (Category.HUMAN, "", ""),
        (Category.AI, "cursor", "gpt-5"), (Category.AI, "claude", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty note"),
        (b" \n\n", "empty note"),
        (b"\xff\xfe\x00---", "not UTF-8"),
        (b"f\n  0123456789abcdef 1", "no `---` line"),
        (b"f\n  0123456789abcdef 1\n---", "metadata is not a JSON object"),
        (b"f\n  0123456789abcdef 1\n---\n[1]", "metadata is not a JSON object"),
        (b"f\n  0123456789abcdef 1\n---\n{}", "key without metadata"),
        (b"f\n  0123456789abcdef 1\n---\n{}", "metadata lacks a required key"),
        (b"f\n  0123456789abcdef 9-3\n---\n{}", "impossible range"),
        (b"f\n  0123456789abcdef 0\n---\n{}", "impossible range"),
        (b"f\n  0123456789abcdef 1-99999999999999999999\n---\n{}", "impossible range"),
        (b"f\n  0123456789abcdef 1-5\n  h_22222222222222 5\n---\n{}", "overlapping ranges"),
        (b"f\n  zz\n---\n{}", "not a line of a note"),
        (
            b'---\n{"sessions": [1], "schema_version": "authorship/9.9.9"}',
            "metadata section is not",
        ),
        (b'---\n{"schema_version": "authorship/9.9.9"}', "unknown schema, read as 3.0.0"),
        (b'---\n{"prompts": {"a": 1}}', "metadata record is not an object"),
        (b'---\n{"prompts": {"a": {"messages": [1]}}}', "`messages` in a note"),
        (b'{"nothing": 1}', "no files in a JSON note"),
        (b"---\n" + b"[" * 100_000, "metadata is not a JSON object"),
    ],
)
def test_what_is_off_is_named_and_never_raised(content, kind):
    assert any(k.startswith(kind) for k in kinds(read_note(content)))


def test_of_overlapping_claims_the_last_holds_and_no_line_counts_twice():
    row = painted([(1, 5, 1), (4, 8, 2), (100, 200, 3)], 1, 6)
    assert list(row) == [1, 1, 1, 2, 2, 2]
    assert list(painted([(1, 2, 1)], 5, 3)) == [0, 0, 0]


def test_the_two_forms_before_the_third():
    old = {"files": {"x.ts": {"file": "x.ts", "authors": [
        {"author": "Cursor", "lines": [186, [3, 5]], "agent_metadata": None},
        {"author": "Aidan", "lines": [1], "agent_metadata": None}]}}}  # fmt: skip
    note = read_note(json.dumps(old).encode())
    assert note.claims == {"x.ts": [(186, 186, "cursor"), (3, 5, "cursor")]}
    second = {"schema_version": "authorship/2.0.0", "base_commit_sha": "b",
              "authors": {"k1": {"username": "aidan", "email": ""}},
              "prompts": {"u-1": {"agent_id": {"tool": "claude", "id": "u-1", "model": "opus"}}},
              "files": {"y.rs": [{"lines": [1, [4, 6]], "author_key": "k1",
                                  "prompt_session_id": "u-1"},
                                 {"lines": [[2, 3]], "author_key": "k1",
                                  "prompt_session_id": None}]}}  # fmt: skip
    note = read_note(json.dumps(second).encode())
    assert note.claims == {"y.rs": [(1, 1, "u-1"), (4, 6, "u-1")]}
    assert author_of("u-1", note.authors).agent == "claude"
    assert note.problems == []


RANGES = st.lists(st.tuples(st.integers(1, 500), st.integers(0, 40)), min_size=1, max_size=6)
PATHS = st.text(
    st.characters(blacklist_categories=("C", "Zl", "Zp"), blacklist_characters='"'), min_size=1,
    max_size=12,
).filter(lambda p: p.strip() == p and p != "---" and not p.startswith("{"))  # fmt: skip


@given(
    st.dictionaries(
        PATHS, st.dictionaries(st.sampled_from(["0123456789abcdef", "abcdef0"]), RANGES)
    )
)
def test_a_written_note_reads_back(claims):
    lines = []
    for path, by in claims.items():
        lines.append(f'"{path}"' if any(c.isspace() for c in path) else path)
        lines += [f"  {key} " + ",".join(f"{a}-{a + n}" for a, n in ranges)
                  for key, ranges in by.items()]  # fmt: skip
    note = read_note("\n".join([*lines, "---", GOOD]).encode())
    wanted = {path: [(a, a + n, key) for key, ranges in by.items() for a, n in ranges]
              for path, by in claims.items()}  # fmt: skip
    assert note.claims == wanted
    assert set(kinds(note)) <= {"overlapping ranges"}


@given(st.lists(st.text("abc", max_size=3), max_size=8), st.lists(st.text("abc", max_size=3)))
def test_the_notes_that_labs_write_read_back(before, after):
    old, new = ("".join(f"{x}\n" for x in lines).encode() for lines in (before, after))
    candidate = Candidate("c7", "e" * 40, "f" * 40, "c0", Agent("coder", "llm", model="m-1"))
    text = note_text(candidate, {"a b.py": old}, {"a b.py": new})
    note = read_note(text.encode()) if text else None
    if note:
        assert note.problems == [] and list(note.claims) == ["a b.py"]
        numbers = [n for a, b, _ in note.claims["a b.py"] for n in range(a, b + 1)]
        assert numbers == sorted(set(numbers)) and numbers[-1] <= len(after)
        (author,) = {author_of(key, note.authors) for *_, key in note.claims["a b.py"]}
        assert (author.category, author.agent, author.model) == (Category.AI, "coder", "m-1")


@given(st.binary(max_size=300))
def test_reading_never_fails(content):
    read_note(content)
    read_note(b"f\n  " + content + b"\n---\n" + content)
    read_note(b'{"files": {"f": [' + content + b"]}}")
    read_trace(content, "r")


def test_agent_trace_records_and_the_notes_of_its_tool():
    record = {"version": "0.1.0", "id": "u", "timestamp": "t", "vcs": {"type": "git",
              "revision": "abc"}, "tool": {"name": "Cursor"}, "files": [{"path": "a.py",
              "conversations": [{"contributor": {"type": "ai", "model_id": "anthropic/opus"},
              "ranges": [{"start_line": 1, "end_line": 3},
                         {"start_line": 5, "end_line": 5, "contributor": {"type": "human"}},
                         {"start_line": 9, "end_line": 2}]},
              {"contributor": {"type": "mixed"}, "ranges": [{"start_line": 8,
               "end_line": 8}]}]}]}  # fmt: skip
    claims, problems = read_trace(json.dumps(record).encode(), "")
    assert [(r, p, a, b, who.category.value) for r, p, a, b, who in claims] == [
        ("abc", "a.py", 1, 3, "ai"), ("abc", "a.py", 5, 5, "human"),
        ("abc", "a.py", 8, 8, "unknown"),
    ]  # fmt: skip
    assert (claims[0][4].agent, claims[0][4].model) == ("cursor", "opus")
    assert [kind for kind, _ in problems] == ["impossible range"]
    lines = json.dumps(record) + "\n" + json.dumps(record)
    assert len(read_trace(lines.encode(), "")[0]) == 6
    summed = {"version": "2.0", "ledger": {"files": {"b.py": {"line_attributions": [
        {"type": "ai", "start_line": 2, "end_line": 4, "model_id": "gpt-5"}]}}}}  # fmt: skip
    (claim,) = read_trace(json.dumps(summed).encode(), "noted")[0]
    assert claim[:4] == ("noted", "b.py", 2, 4) and claim[4].model == "gpt-5"
    assert read_trace(b"{not json", "x")[1]
