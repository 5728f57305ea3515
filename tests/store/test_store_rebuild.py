import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from regency.records import Actor, ActorKind, Decision, plain
from regency.store import Store, tables

SYSTEM = Actor(ActorKind.SYSTEM, "regency")
ANSWERS = ("better", "not better", "undecided", "superseded", "invalid")
steps = st.lists(
    st.tuples(st.sampled_from("cccttttvvnmgpdx"), st.integers(0, 99), st.sampled_from(ANSWERS)),
    max_size=25,
)


class History:
    """Plays steps as a valid history."""

    def __init__(self, lab):
        self.lab, self.count = lab, 1
        lab.candidate(0)

    def play(self, step, number, answer):
        self.count += 1
        who = f"c{number % self.lab.store.next_candidate_number()}"
        getattr(self, f"do_{step}")(who, number, answer)

    def do_c(self, who, _number, _answer):
        self.lab.candidate(self.lab.store.next_candidate_number(), who)

    def do_t(self, who, number, _answer):
        score = None if number % 5 == 0 else number / 7
        self.lab.trial(f"search/{who}/{self.count}", who, "search", score)

    def do_v(self, who, number, answer):
        self.lab.verdict(who, answer, effect=number / 3)

    def do_n(self, who, number, answer):
        index = self.lab.store.next_nomination()[0]
        self.lab.nominate(index, who, gain=number / 3)
        if number % 2:
            self.lab.verdict(who, answer, "confirm", nomination=index)

    def do_m(self, who, number, _answer):
        self.lab.champion(who, self.lab.store.champion(), nomination=number % 2)

    def do_g(self, who, _number, _answer):
        self.lab.generation(len(self.lab.store.generations()), who)

    def do_p(self, _who, number, _answer):
        self.lab.packet(self.count)
        if number % 2:
            self.lab.add("packet.closed", packet=f"p{self.count}", status="stale", reason="x")

    def do_d(self, who, number, _answer):
        self.lab.add("decision", **plain(Decision(f"p{number}", "approve", SYSTEM, who)))

    def do_x(self, who, _number, _answer):
        self.lab.add("something.else", who=who)


def content(store):
    found = {}
    for table in (*tables.record.sorted_tables, *tables.projected.sorted_tables):
        query = select(table).order_by(*table.primary_key.columns)
        found[table.name] = [tuple(row) for row in store._rows(query)]
    return found


@given(steps)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_rebuilding_gives_the_same_tables(open_lab, history):
    lab = open_lab(":memory:")
    played = History(lab)
    for step in history:
        played.play(*step)
    before = content(lab.store)
    lab.store.rebuild()
    assert content(lab.store) == before
    assert lab.log.verify().problems == ()
    lab.store.close()


def test_projections_of_another_version_are_rebuilt_when_opened(lab):
    lab.candidate(0)
    with lab.store._engine.connect() as connection:
        connection.execute(text("DROP TABLE candidates"))
        connection.execute(text("PRAGMA user_version = 0"))
    store = Store(lab.path)
    assert store.candidate("c0").number == 0
    store.close()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("UPDATE candidates SET answer = 'better' WHERE number = 2", "'candidates'"),
        ("UPDATE totals SET value = 9 WHERE name = 'trials'", "'totals'"),
        ("UPDATE entries SET actor_name = 'Ada' WHERE seq = 1", "'entries'"),
        ("UPDATE entries SET text = replace(text, 'usual', 'great') WHERE seq = 1", "stored tree"),
        ("UPDATE entries SET text = replace(text, ':1', ': 1') WHERE seq = 1", "canonical"),
        ("UPDATE nodes SET hash = zeroblob(32) WHERE key = 1", "stored tree"),
        ("DELETE FROM entries WHERE seq = 2", "holds 4"),
    ],
)
def test_tampering_is_noticed(lab, change, word):
    for number in range(4):
        lab.candidate(number)
    lab.trial("t", "c1")
    assert lab.log.verify().ok
    with lab.store._engine.connect() as connection:
        assert connection.exec_driver_sql(change).rowcount == 1
    assert any(word in problem for problem in lab.log.verify().problems)
