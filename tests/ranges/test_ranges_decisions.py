import json
import subprocess
from dataclasses import replace

import pytest

from git_project import CORE
from regency.errors import BadInput
from regency.oversee.pace import FEWEST, pace
from regency.ranges import Asked, Decided, decisions, review
from regency.repo.history import History


@pytest.fixture
def decided(project):
    project.commit("Rate", core_dot_py=CORE.replace("0.1", "0.2"))
    found = review(Asked(str(project.folder), "start..HEAD"))
    return Decided(
        base=found.base, head=found.head, digest=found.digest, answer="approve",
        by="Rita Reader <rita@example.org>", reason="small", time_utc="2026-01-01T00:00:00+00:00",
        estimated_min=2.0, measured_min=3.0,
    )  # fmt: skip


def test_decisions_are_notes_and_come_back(project, decided):
    history = History.discover(project.folder)
    assert decisions.read(history) == []
    kept = decisions.keep(history, decided)
    assert kept == decided
    other = decisions.keep(history, replace(decided, answer="reject", reason="no"))
    assert decisions.read(history) == [kept, other]
    assert review(Asked(str(project.folder), "start..HEAD")).decisions == (kept, other)
    assert project.git("log", "--format=%an", decisions.REF) == "Rita Reader\nRita Reader"


def test_a_decision_needs_a_reason(project, decided):
    with pytest.raises(BadInput, match="reason"):
        decisions.keep(History.discover(project.folder), replace(decided, reason=" "))


def test_lines_that_are_no_decision_are_left_out(project, decided):
    history = History.discover(project.folder)
    good = decisions.keep(history, decided)
    odd = ["words", "{", "{}", json.dumps({"answer": "approve"}), json.dumps([1]),
           json.dumps({**json.loads(json.dumps({"base": 1})), "answer": "approve"})]  # fmt: skip
    for line in odd:
        project.git("notes", f"--ref={decisions.REF}", "append", "-m", line, "HEAD")
    assert decisions.read(history) == [good]


def test_a_signature_is_over_all_of_it(project, decided, tmp_path):
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    kept = decisions.keep(History.discover(project.folder), decided, str(key))
    assert kept.assurance == "local"  # a key without a passphrase proves no more than the account
    allowed = tmp_path / "allowed"
    allowed.write_text(f"rita {(tmp_path / 'key.pub').read_text()}")
    signature = tmp_path / "sig"
    signature.write_text(kept.signature)

    def verifies(what):
        command = ["ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "rita", "-n",
                   decisions.NAMESPACE, "-s", signature]  # fmt: skip
        text = decisions.message(what).encode()
        return subprocess.run(command, input=text, capture_output=True, check=False).returncode == 0

    (read,) = decisions.read(History.discover(project.folder))
    assert verifies(read)
    assert not verifies(replace(read, answer="reject"))
    assert not verifies(replace(read, reason="large"))
    assert not verifies(replace(read, head=read.base))


def test_the_pace_of_a_reviewer():
    assert pace([(1.0, 2.0)] * (FEWEST - 1)).factor == 1.0
    assert pace([(1.0, 2.0)] * 50).factor == pytest.approx(2.0, rel=0.05)
    assert 1.0 < pace([(1.0, 2.0)] * FEWEST).factor < 2.0
    assert pace([(1.0, 1.0)] * 20 + [(1.0, 1e9)]).factor < 1.2
    assert pace([(0.0, 1.0), (1.0, 0.0), (1.0, float("inf"))]).reviews == 0


def test_a_part_is_decided_on_alone_and_counts_while_it_is_the_same(project):
    core = CORE.replace("0.1", "0.2")
    project.commit("Two things", core_dot_py=core, other_dot_py="WAIT = 3\n")
    asked = Asked(str(project.folder), "start..HEAD")
    history = History.discover(project.folder)

    def decide(number: str, answer: str, when: str) -> Decided:
        found = review(asked)
        part = next(p for p in found.parts if p.change.id == number)
        made = Decided(
            base=found.base, head=found.head, digest=found.digest, answer=answer,
            by="Rita Reader <rita@example.org>", reason="read", time_utc=when, part=number,
            part_digest=decisions.digest_of(part),
        )  # fmt: skip
        return decisions.keep(history, made)

    def now() -> dict[str, str]:
        found = review(asked)
        said = decisions.standing(found.parts, found.decisions)
        return {path: said[p.change.id].answer if p.change.id in said else "open"
                for p in found.parts for path in p.change.paths}  # fmt: skip

    where = {path: p.change.id for p in review(asked).parts for path in p.change.paths}
    assert len(set(where.values())) == 2
    decide(where["core.py"], "approve", "2026-01-01T00:00:00+00:00")
    assert now() == {"core.py": "approve", "other.py": "open"}
    decide(where["other.py"], "request-changes", "2026-01-02T00:00:00+00:00")
    assert now() == {"core.py": "approve", "other.py": "request-changes"}
    project.commit("As asked", core_dot_py=core, other_dot_py="WAIT = 5\n")
    assert now() == {"core.py": "approve", "other.py": "open"}
    changed = CORE.replace("0.1", "0.3")
    project.commit("And more", core_dot_py=changed, other_dot_py="WAIT = 5\n")
    assert now() == {"core.py": "open", "other.py": "open"}


def test_signatures_on_whole_ranges_are_over_what_they_always_were(decided):
    assert "part" not in decisions.message(decided)
    part = replace(decided, part="2", part_digest="ab")
    assert '"part":"2","part_digest":"ab"' in decisions.message(part)
