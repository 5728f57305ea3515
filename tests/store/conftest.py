import pytest

from regency.ledger import LabKey, Log
from regency.records import (
    Actor,
    ActorKind,
    Agent,
    Answer,
    Candidate,
    Nomination,
    Outcome,
    Packet,
    Purpose,
    Trial,
    Verdict,
    plain,
)
from regency.store import Store

SYSTEM = Actor(ActorKind.SYSTEM, "regency")
HUMAN = Actor(ActorKind.HUMAN, "Ada")
KEY = LabKey("regency.example/lab", bytes(32))


class Lab:
    """A store and its log, with short ways to append valid entries."""

    def __init__(self, path, **options):
        self.path = path
        self.store = Store(path, **options)
        self.log = Log(self.store, KEY)

    def add(self, kind, actor=SYSTEM, **body):
        return self.log.append(actor, kind, body)

    def candidate(self, number, parent="c0", agent="mutate"):
        return self.log.append(SYSTEM, "candidate", candidate_body(number, parent, agent))

    def trial(self, key, candidate, purpose="search", score=1.0):
        return self.log.append(SYSTEM, "trial", trial_body(key, candidate, purpose, score))

    def verdict(self, candidate, answer, gate="search", effect=None, nomination=0):
        body = Verdict(
            candidate, Answer(answer), gate, "because", effect=effect, nomination=nomination
        )
        return self.log.append(SYSTEM, "verdict", plain(body))

    def nominate(self, index, candidate, gain=0.5):
        body = Nomination(index, candidate, "c0", 0.01, 32, "t", gain)
        return self.log.append(SYSTEM, "nomination", plain(body))

    def generation(self, number, candidate="c0"):
        return self.add("generation", number=number, candidate=candidate, commit="ab", tag="t")

    def champion(self, candidate, previous="", nomination=0):
        body = {"candidate": candidate, "previous": previous, "nomination": nomination}
        return self.add("champion", **body, reason="because")

    def packet(self, number):
        body = Packet(f"p{number}", 0, "ab", "c1", "cd", (), "ef", 1, (), 2.0, 0.1, "blind")
        return self.log.append(SYSTEM, "packet", plain(body))


def candidate_body(number, parent="c0", agent="mutate"):
    return plain(
        Candidate(
            id=f"c{number}",
            commit=f"{number:040x}",
            tree="ef",
            parent=parent if number else "",
            agent=Agent(agent, "mutate"),
            rationale="a rationale of about usual length, " * 10,
        )
    )


def trial_body(key, candidate, purpose="search", score=1.0):
    outcome = Outcome("ok", "", 0, cpu_s=1.5, wall_s=2.0, memory_bytes=1 << 20)
    return plain(
        Trial(
            key=key,
            candidate=candidate,
            purpose=Purpose(purpose),
            split="search",
            seed=1 << 60,
            score=score,
            scores={"cpu_s": 1.5, "bpb": 2.25},
            fault="" if score is not None else "it ended by itself",
            outcomes=(outcome,),
        )
    )


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path / "lab.db")
    yield made
    made.store.close()


@pytest.fixture
def open_lab():
    return Lab
