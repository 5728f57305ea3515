import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regency.measure.authorship.gitai import read_note
from regency.records import Agent, Candidate, FileEdit
from regency.repo.git import Repo
from regency.repo.objects import NewCommit, Writer
from regency.repo.provenance import (
    commit_message,
    human_id,
    note_text,
    session_id,
    write_notes,
)

AGENT = Agent("mutate", "mutate", version="1")
HUMAN = Agent("Ada <ada@example.org>", "human")


def trailers(message: str) -> list[str]:
    done = subprocess.run(["git", "interpret-trailers", "--parse"], input=message.encode(),
                          capture_output=True, check=True)  # fmt: skip
    return done.stdout.decode().splitlines()


def test_message_of_an_agent_and_of_a_person():
    message = commit_message("c12", AGENT, "Set RATE in train.py from 0.1 to 0.2.\n\nWhy not?")
    assert message.splitlines()[0] == "c12: Set RATE in train.py from 0.1 to 0.2."
    assert trailers(message) == ["Regency-Candidate: c12", "Assisted-by: mutate:mutate-1"]
    llm = Agent("coder", "llm", model="big model-3")
    assert "Assisted-by: coder:big-model-3" in trailers(commit_message("c1", llm, ""))
    assert trailers(commit_message("c1", HUMAN, "mine")) == ["Regency-Candidate: c1"]


@pytest.mark.parametrize(
    "rationale",
    [
        "x\n\nSigned-off-by: Linus <l@example.org>",
        "Signed-off-by: Linus <l@example.org>",
        "x\n---\n",
        "x\n\nRegency-Candidate: c1\nAssisted-by: me:you",
        "x\n\nReviewed-by: Ada\n\n\n",
        "x\r\rSigned-off-by : me\x1b[31m",
        "words " * 30 + "\n\n" + "a" * 300,
        "\0\n\n",
        "",
    ],
)
def test_a_rationale_cannot_forge_trailers(rationale: str):
    message = commit_message("c12", AGENT, rationale)
    assert trailers(message) == ["Regency-Candidate: c12", "Assisted-by: mutate:mutate-1"]
    assert "\nSigned-off-by" not in message
    assert "\x1b" not in message
    assert len(message.splitlines()[0]) <= 72


@given(st.text(max_size=80))
def test_any_rationale_leaves_the_trailers_last(rationale: str):
    message = commit_message("c12", AGENT, rationale)
    assert message.endswith("\n\nRegency-Candidate: c12\nAssisted-by: mutate:mutate-1\n")


def test_notes_name_the_added_lines():
    before = {"a b.py": b"1\n2\n3\n", "gone.py": b"x\n", "same.py": b"s\n"}
    after = {"a b.py": b"1\ntwo\n3\n4\n5\n", "new.py": b"n\n", "same.py": b"s\n"}
    candidate = Candidate("c7", "f" * 40, "e" * 40, "c0", AGENT)
    text = note_text(candidate, before, after)
    note = read_note(text.encode())
    session = session_id("mutate", "c7")
    ((*_, key),) = note.claims["new.py"]
    assert key.startswith(session + "::t_")
    assert note.claims == {"a b.py": [(2, 2, key), (4, 5, key)], "new.py": [(1, 1, key)]}
    assert note.authors[session].agent == "mutate"
    assert note.base == candidate.commit, "git-ai puts the noted commit itself there"
    assert note.problems == []
    assert text.startswith('"a b.py"\n  s_')
    by_hand = read_note(note_text(Candidate("c8", "", "", "c0", HUMAN), before, after).encode())
    assert by_hand.claims["new.py"] == [(1, 1, human_id(HUMAN.name))]
    assert note_text(candidate, before, {"a b.py": b"1\n"}) == ""


def test_git_finds_the_notes(tmp_path: Path):
    (tmp_path / "a.py").write_text("1\n")
    repo = Repo.create(tmp_path, "Start", ("Ada", "a@example.org"))
    writer, head = Writer(repo), repo.head()
    new = [NewCommit(head, (FileEdit("a.py", b"%d\n" % n),), "m", ("a", "b"), n) for n in range(9)]
    commits = [w.commit for w in writer.write(new)]
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=b", "notes", "--ref=ai", "add",
                    "-m", "there before", head], cwd=tmp_path, check=True)  # fmt: skip
    write_notes(repo, writer, {c: f"note {c}" for c in commits[:4]}, 1)
    write_notes(repo, writer, {c: f"note {c}" for c in commits[4:]} | {head[::-1]: ""}, 1)
    for commit, expected in [(c, f"note {c}") for c in commits] + [(head, "there before")]:
        shown = subprocess.run(["git", "notes", "--ref=ai", "show", commit], cwd=tmp_path,
                               capture_output=True, check=True)  # fmt: skip
        assert shown.stdout.decode().strip() == expected
    repo.close()
