"""The whole measurement on small repositories whose authors are known."""

import hashlib
import json
from pathlib import Path

import pytest
from written import PERSON, Written, git, note, tangle

from regency.errors import RepositoryError
from regency.measure.authorship import Settings, measure
from regency.measure.authorship.authors import Category, Source
from regency.measure.authorship.tally import Tally

CLAUDE = "m\n\nCo-authored-by: Claude <noreply@anthropic.com>"


def lines(*words):
    return [f"this is the line called {word}, which is quite long" for word in words]


def kinds(found):
    return {fault.kind for fault in found.faults}


def every_byte(folder: Path):
    return {p: (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns)
            for p in folder.rglob("*") if p.is_file()}  # fmt: skip


def test_every_category_and_an_interval(tmp_path):
    made = Written(tmp_path)
    one = made.commit({"src/a.py": lines("a", "b", "c", "d")})
    made.note(one, note(one, {"src/a.py": {"claude": "1-2", "human": "3"}}))
    made.commit({"docs/x": lines("x", "y")}, CLAUDE)
    made.commit({"lock": lines("l")}, author=("dependabot[bot]", "d@x"))
    made.commit({"src/b.py": lines("p")})
    before = every_byte(tmp_path)
    found = measure(tmp_path, Settings())
    assert every_byte(tmp_path) == before, "a foreign repository is only read"
    assert found.alive == Tally(ai=4, human=1, automation=1, unknown=2)
    assert (found.alive.at_least, found.alive.at_most) == (4 / 8, 6 / 8)
    assert found.folders["src"] == Tally(2, 1, 0, 2) and found.folders["."] == Tally(0, 0, 1, 0)
    assert found.agents == {"claude": 4} and found.models["claude opus"] == 2
    assert sum(found.folders.values(), Tally()) == found.alive
    assert found.faults == ()


def test_a_record_by_line_leaves_the_rest_of_its_commit_unknown(tmp_path):
    made = Written(tmp_path)
    one = made.commit({"a": lines("a", "b", "c")}, CLAUDE)
    made.note(one, note(one, {"a": {"human": "1", "claude": "2"}}))
    found = measure(tmp_path, Settings())
    assert found.alive == Tally(ai=1, human=1, unknown=1)
    (pair,) = found.agreement
    assert pair.sources == (Source.GIT_AI, Source.TRAILERS)
    assert (pair.lines, pair.category, pair.agent) == (2, 1, 1) and "human or ai" in pair.conflict
    only = measure(tmp_path, Settings(sources=frozenset({Source.TRAILERS})))
    assert only.alive == Tally(ai=3)
    assert measure(tmp_path, Settings(sources=frozenset({Source.NAMES}))).alive == Tally(unknown=3)


def test_agent_trace_and_a_conflict_between_records(tmp_path):
    made = Written(tmp_path)
    one = made.commit({"a": lines("a", "b", "c")})
    part = {"contributor": {"type": "ai"}, "ranges": [{"start_line": 1, "end_line": 2}]}
    files = [{"path": "a", "conversations": [part]}]
    record = {"version": "0.1.0", "vcs": {"revision": one}, "files": files}
    made.note(one, json.dumps(record), ref="agent-trace")
    assert measure(tmp_path, Settings()).alive == Tally(ai=2, unknown=1)
    made.note(one, note(one, {"a": {"human": "2-3"}}))
    found = measure(tmp_path, Settings())
    assert found.alive == Tally(ai=1, human=2), "git-ai's word goes before Agent Trace's"
    assert found.agreement[0].sources == (Source.GIT_AI, Source.AGENT_TRACE)
    assert found.agreement[0].category == 0
    file = tmp_path.parent / f"{tmp_path.name}.jsonl"
    file.write_text(json.dumps(record))
    given = Settings(sources=frozenset({Source.AGENT_TRACE}), trace_files=(file,))
    assert measure(tmp_path, given).alive == Tally(ai=2, unknown=1)


@pytest.mark.parametrize("how", ["rebase", "amend", "squash", "cherry-pick", "conflict"])
def test_records_survive_rewriting(tmp_path, how):
    made = Written(tmp_path)
    base = made.commit({"a": lines("start"), "b": lines("b")})
    one = made.commit({"a": lines("n1", "n2", "start")}, parents=[base], branch="work")
    two = made.commit({"a": lines("n1", "n2", "start", "n3")}, branch="work")
    made.note(one, note(one, {"a": {"claude": "1-2"}}))
    made.note(two, note(two, {"a": {"cursor": "4"}}))
    if how in ("rebase", "cherry-pick"):
        made.commit({"b": lines("b", "other")})
        made.commit({"a": lines("n1", "n2", "start"), "b": lines("b", "other")})
        made.commit({"a": lines("n1", "n2", "start", "n3")})
    elif how == "squash":
        made.commit({"a": lines("n1", "n2", "start", "n3")})
    elif how == "amend":
        made.commit({"a": lines("n1", "n2", "start")})
        made.commit({"a": lines("n1", "n2", "start", "n3", "by hand")}, "amended")
    else:
        made.commit({"a": lines("start", "theirs")})
        made.commit({"a": lines("n1", "n2", "start", "theirs")})
        made.commit({"a": lines("n1", "n2", "start", "theirs", "n3")})
    git(tmp_path, "update-ref", "-d", "refs/heads/work")
    found = measure(tmp_path, Settings())
    assert found.agents == {"claude": 2, "cursor": 1}
    assert found.alive.human == 0 and found.alive.unknown == found.alive.lines - 3
    by = found.recovered.lines
    exact = {"rebase": 3, "cherry-pick": 3, "conflict": 3, "amend": 2, "squash": 0}[how]
    assert (by.get("patch-id", 0), sum(by.values())) == (exact, 3)
    assert found.recovered.wrong < 0.3
    assert measure(tmp_path, Settings(recover=False)).alive.ai == 0
    assert found.notes.elsewhere == 2


def test_lines_over_time_survival_and_rework(tmp_path):
    made = Written(tmp_path)
    made.commit({"a": lines(*"abcdefghij")}, CLAUDE)
    git(tmp_path, "tag", "v1", "main")
    made.commit({"a": lines(*"abcde", "new")}, days=10)
    git(tmp_path, "tag", "-a", "-m", "t", "v2", "main")
    made.commit({"b": lines("late")}, CLAUDE, days=90)
    found = measure(tmp_path, Settings())
    ai = found.survival[Category.AI]
    assert (ai.lines, ai.ended, ai.commits) == (11, 5, 2)
    assert ai.at(9)[0] == 1.0 and ai.at(10)[0] == pytest.approx(0.5)
    assert ai.median_days == 10
    assert [(s.name, s.added) for s in found.releases] == [
        ("v1", Tally(ai=10)), ("v2", Tally(unknown=1)), ("(unreleased)", Tally(ai=1))]  # fmt: skip
    assert sum((s.added for s in found.weeks), Tally()) == Tally(ai=11, unknown=1)
    assert found.living[-1][1] == found.alive == Tally(ai=6, unknown=1)
    assert found.living[0][1] == Tally(ai=10)


def test_broken_notes_are_named_and_cannot_push_a_share_above_one(tmp_path):
    made = Written(tmp_path)
    one = made.commit({"a": lines("a", "b"), "c": lines("c")})
    top = f"a\n  s_{'1' * 14}::t_{'1' * 14} 1-900\n  0123456789abcdef 1-2,1,2\n"
    text = top + "zz\n  abcdef0 1-3\n---\n{"
    made.note(one, text)
    two = made.commit({"d": lines("d")})
    made.note(two, b"\xff\xfe\n---\n{}")
    three = made.commit({"e": lines("e")})
    made.note(three, note(one, {"e": {"claude": "1"}}))
    git(
        tmp_path,
        "update-ref",
        f"refs/ai/authorship/{two}",
        git(tmp_path, "hash-object", "-w", "--stdin"),
    )
    git(tmp_path, "update-ref", "refs/ai/authorship/nonsense", one)
    found = measure(tmp_path, Settings())
    assert found.alive == Tally(ai=3, unknown=2) and found.alive.at_most <= 1
    assert kinds(found) >= {"range past the end of its file", "overlapping ranges", "not UTF-8",
                            "metadata is not a JSON object", "base_commit_sha is not the commit",
                            "claims lines that the commit did not add", "empty note",
                            "reference names no commit", "key without metadata"}  # fmt: skip


def test_a_key_is_explained_by_an_earlier_note(tmp_path):
    made = Written(tmp_path)
    one = made.commit({"a": lines("a")})
    made.note(one, note(one, {"a": {"claude": "1"}}))
    two = made.commit({"b": lines("b")})
    whole = note(two, {"b": {"claude": "1"}})
    made.note(two, whole.replace('"sessions": {"s_', '"sessions": {}, "old": {"s_'))
    found = measure(tmp_path, Settings())
    assert found.agents == {"claude": 2} and kinds(found) == {"key without metadata"}


def test_a_note_of_three_megabytes_and_a_long_file(tmp_path):
    made = Written(tmp_path)
    body = b"".join(b"%d\n" % n for n in range(200_000))
    one = made.commit({"big": body, "bin": b"\0" * 50})
    text = note(one, {"big": {"claude": "1-150000"}})
    made.note(one, text[:-1] + ', "padding": "' + "x" * 3_000_000 + '"}')
    found = measure(tmp_path, Settings())
    assert found.alive == Tally(ai=150_000, unknown=50_000)
    assert found.skipped.binary_files == 1


def test_a_shallow_clone_says_so_and_keeps_old_lines_unknown(tmp_path):
    made = Written(tmp_path / "whole")
    made.commit({"a": lines("old")}, CLAUDE)
    made.commit({"a": lines("old", "edge")}, CLAUDE)
    made.commit({"a": lines("old", "edge", "new")}, CLAUDE)
    git(tmp_path, "clone", "-q", "--depth=2", f"file://{tmp_path}/whole", "cut")
    found = measure(tmp_path / "cut", Settings())
    assert found.shallow and found.commits == 2
    assert found.alive == Tally(ai=1, unknown=2) and found.skipped.older_lines == 2
    assert found.survival[Category.UNKNOWN].lines == 0


def test_bare_empty_partial_and_no_repository(tmp_path):
    made = Written(tmp_path / "r")
    with pytest.raises(RepositoryError, match="no commits yet"):
        measure(tmp_path / "r", Settings())
    made.commit({"a": lines("a"), "b": lines("b")}, CLAUDE)
    made.commit({"a": lines("c")})
    with pytest.raises(RepositoryError, match="is no commit of"):
        measure(tmp_path / "r", Settings(revision="nope"))
    git(tmp_path, "clone", "-q", "--bare", "r", "bare")
    assert measure(tmp_path / "bare", Settings()).alive == Tally(ai=1, unknown=1)
    assert measure(tmp_path / "bare", Settings(revision="HEAD^")).alive == Tally(ai=2)
    git(tmp_path / "r", "config", "uploadpack.allowFilter", "true")
    git(
        tmp_path,
        "clone",
        "-q",
        "--filter=blob:none",
        "--no-checkout",
        f"file://{tmp_path}/r",
        "part",
    )
    with pytest.raises(RepositoryError, match="partial clone"):
        measure(tmp_path / "part", Settings())
    (tmp_path / "none").mkdir()
    with pytest.raises(RepositoryError, match="is not in a git repository"):
        measure(tmp_path / "none", Settings())
    with pytest.raises(RepositoryError, match="not there"):
        measure(tmp_path / "gone", Settings())


def test_submodules_and_links_are_named_and_not_counted(tmp_path):
    made = Written(tmp_path)
    one = made.commit({"a": lines("a")}, CLAUDE)
    link = git(tmp_path, "hash-object", "-w", "--stdin", stdin=b"a")
    said = (
        f"commit refs/heads/main\ncommitter A <a@x> {made.time + 9} +0000\ndata 1\nm\nfrom {one}\n"
    )
    said += f"M 160000 {one} sub\nM 120000 {link} link\n\n"
    git(tmp_path, "fast-import", "--quiet", stdin=said.encode())
    found = measure(tmp_path, Settings())
    assert (found.skipped.links, found.skipped.submodules) == (1, 1)
    assert found.alive == Tally(ai=1)


@pytest.mark.parametrize("seed", [30, 31])
def test_categories_make_up_all_lines_on_any_history(tmp_path, seed):
    tangle(tmp_path / "r", seed)
    for number, commit in enumerate(git(tmp_path / "r", "rev-list", "HEAD").split()):
        if number % 3 == 0:
            text = note(commit, {f"d{d}/f{f}": {"claude": "1-3,2-9", "human": "4"}
                                 for d in range(3) for f in range(12)})  # fmt: skip
            Written.note(_at(tmp_path / "r"), commit, text)
    found = measure(tmp_path / "r", Settings())
    git(tmp_path / "r", "checkout", "-q", "-f", "HEAD")
    listed = git(tmp_path / "r", "ls-files").splitlines()
    counted = sum((tmp_path / "r" / path).read_bytes().count(b"\n") for path in listed)
    assert found.alive.lines == counted
    assert 0 <= found.alive.at_least <= found.alive.at_most <= 1
    for span in (*found.weeks, *found.releases):
        assert 0 <= span.added.at_least <= span.added.at_most <= 1
    assert sum(found.sources.values()) == found.alive.lines
    assert sum(found.agents.values()) == found.alive.ai


def _at(folder: Path) -> Written:
    made = Written.__new__(Written)
    made.folder = folder
    return made


def test_declared_people_only_where_nothing_else_speaks(tmp_path):
    made = Written(tmp_path)
    made.commit({"a": lines("a")}, author=PERSON)
    made.commit({"b": lines("b")}, CLAUDE)
    later = Settings(human_before=made.time + 1)
    assert measure(tmp_path, later).alive == Tally(ai=1, human=1)
    assert measure(tmp_path, Settings()).alive == Tally(ai=1, unknown=1)
