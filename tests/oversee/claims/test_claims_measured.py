"""Claims on measurements: what holds, what is ruled out, and what luck forbids to say."""

from hypothesis import given
from hypothesis import strategies as st

from regency.oversee.claims import check_claims
from regency.oversee.claims.effect import Effect, names_of

FILES = ({"train.py": b"A = 1\n"}, {"train.py": b"A = 2\n"})
sizes = st.floats(0.01, 1e6)
shares = st.floats(-0.9, 3.0)
widths = st.floats(0.0, 2.0)
percents = st.integers(1, 300)


def verdict(sentence: str, effect: Effect, name: str = "val_bpb") -> tuple[str, bool]:
    (found,) = check_claims([sentence], "", *FILES, measured={name: effect})
    return found.result, found.measured


def effect(before: float, share: float, below: float, above: float, better: int = -1) -> Effect:
    moved = before * share
    ends = (moved - below * before, moved + above * before)
    return Effect(before, before + moved, *ends, names_of("val_bpb", better), better)


@given(sizes.filter(lambda size: size > 1), shares, widths, widths, percents)
def test_nothing_is_contradicted_that_the_evidence_leaves_possible(size, share, low, high, percent):
    found, measured = verdict(f"Lowers val_bpb by {percent} %.", effect(size, share, low, high))
    assert measured
    best = -(share - low)  # largest fall, as a share, that is not ruled out
    if found == "fails":
        assert best < percent / 100
    if found == "holds":
        assert -(share + high) > 0
        assert -share >= 0.79 * percent / 100
    if -share >= percent / 100 and -(share + high) > 0:
        assert found == "holds"
    if best < 0:
        assert found == "fails"


@given(sizes, shares, widths, percents)
def test_up_and_down_are_each_others_mirror(size, share, width, percent):
    down = effect(size, share, width, width / 2)
    up = Effect(-down.before, -down.after, -down.high, -down.low, down.called, 1)
    said = (f"Lowers val_bpb by {percent} %.", f"Raises val_bpb by {percent} %.")
    if size > 1:  # at most 1 a percentage may also be points
        assert verdict(said[0], down) == verdict(said[1], up)


@given(sizes, st.floats(1.1, 50.0))
def test_factors_are_read_as_what_they_make_of_the_number(size, times):
    now = Effect.exact(size, size / times)
    assert verdict(f"{times:g} times faster.", now, "cpu_s") == ("holds", True)
    assert verdict(f"{times:g}x less memory.", now, "memory_bytes") == ("holds", True)
    more = Effect.exact(size, size * times)
    assert verdict(f"Uses {times:g} times more memory.", more, "memory_bytes") == ("holds", True)
    assert verdict(f"{times:g} times faster.", more, "cpu_s") == ("fails", True)


def test_the_code_s_own_names_are_not_taken_for_measurements():
    before, after = {"a.py": b"MEMORY = 4\n"}, {"a.py": b"MEMORY = 8\n"}
    measured = {"memory_bytes": Effect.exact(100, 100)}
    (found,) = check_claims(["Doubles MEMORY."], "", before, after, measured=measured)
    assert (found.result, found.measured) == ("holds", False)


def test_a_metric_s_own_name_is_not_taken_for_the_code_s():
    before = {"a.py": b"val_bpb = 0\nRATE = 1\n"}
    after = {"a.py": b"val_bpb = 0\nRATE = 2\n"}
    measured = {"val_bpb": effect(2.5, -0.1, 0.01, 0.01)}
    (found,) = check_claims(
        ["Reduces val_bpb from 2.5 to 2.25."], "", before, after, measured=measured
    )
    assert (found.result, found.measured) == ("holds", True)
