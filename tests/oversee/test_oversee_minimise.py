"""Minimising with scores made up: what each line is worth is known, no process is started."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regency.oversee.minimise import Task, minimise, same_code
from regency.records import Minimised, Trial

BASE = "".join(f"N{n} = 0\n" for n in range(40))


class Bench:
    """Runs requests: a tree's score is the worth of its lines plus luck."""

    def __init__(self, worth: dict[str, float], noise: float = 0.0, start: int = 0) -> None:
        self.worth, self.noise, self.start = worth, noise, start
        self.trees: dict[str, dict[str, bytes]] = {}
        self.asked: list[str] = []

    def variant(self, files) -> str:
        for name, known in self.trees.items():
            if known == files:
                return name
        name = f"c{100 + len(self.trees)}"
        self.trees[name] = dict(files)
        return name

    def score(self, files) -> float | None:
        text = b"\n".join(files.values()).decode()
        if "broken" in text and "fixed" not in text:
            return None
        return sum(gain for line, gain in self.worth.items() if line in text.splitlines())

    def drive(self, stage, stop_after: int | None = None):
        answers = None
        try:
            while True:
                batches = stage.send(answers) if answers is not None else next(stage)
                answers = []
                for batch in batches:
                    answers.append(tuple(map(self.run, batch)))
                    if stop_after is not None and len(self.asked) >= stop_after:
                        return None
        except StopIteration as stop:
            return stop.value

    def run(self, request) -> Trial:
        self.asked.append(request.key)
        rng = np.random.default_rng([self.start, request.seed, int(request.candidate[1:])])
        score = self.score(self.trees[request.candidate])
        if score is not None:
            score += rng.normal() * self.noise / np.sqrt(2)
        fault = "" if score is not None else "it crashed"
        return Trial(request.key, request.candidate, request.purpose, request.split,
                     request.seed, score, fault=fault)  # fmt: skip


def seeds(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") >> 1


def made_smaller(bench, before, after, *, most=10_000, keep=0.95, width=2, stop_after=None):
    head = bench.variant(after)
    gain = (bench.score(after) or 0.0) - (bench.score(before) or 0.0)
    task = Task(head, 0, 1, before, after, (1 - keep) * gain, bench.noise, most)
    stage = minimise(task, improvement=lambda new, old: new - old, seeds=seeds,
                     variant=bench.variant, width=width)  # fmt: skip
    return bench.drive(stage, stop_after)


def edited(**lines: int) -> dict[str, bytes]:
    text = BASE
    for name, value in lines.items():
        text = text.replace(f"{name} = 0\n", f"{name} = {value}\n")
    return {"m.py": text.encode()}


def kept(bench: Bench, result: Minimised) -> dict[str, bytes]:
    return bench.trees[result.candidate]


def test_junk_is_dropped_and_what_earns_its_place_is_kept():
    bench = Bench({"N3 = 1": 5.0, "N30 = 1": 5.0}, noise=0.4)
    before, after = edited(), edited(N1=1, N3=1, N4=1, N17=1, N18=1, N30=1, N39=1)
    result = made_smaller(bench, before, after)
    assert kept(bench, result) == edited(N3=1, N30=1)
    assert (result.lines_before, result.lines_after) == (14, 4)
    assert sorted(result.dropped) == [f"m.py: + N{n} = 1" for n in (1, 17, 18, 39, 4)]
    assert result.note == ""


def test_files_and_what_hangs_together_go_first():
    bench = Bench({"N3 = 1": 5.0})
    before = edited()
    after = edited(N3=1) | {"extra.py": b"x = 1\n" * 50, "notes.txt": b"words\n"}
    result = made_smaller(bench, before, after)
    assert kept(bench, result) == edited(N3=1)
    assert result.variants <= 3


def test_only_part_of_a_long_new_function_is_needed():
    body = ["    y = [0]\n", *(f"    waste_{n} = {n}\n" for n in range(20)), "    y.append(1)\n",
            *(f"    more_{n} = {n}\n" for n in range(20)), "    return y\n"]  # fmt: skip
    after = {"m.py": (BASE + "\n\ndef f():\n" + "".join(body)).encode()}
    worth = {"    y = [0]": 1.0, "    y.append(1)": 1.0, "    return y": 1.0, "def f():": 1.0}
    bench = Bench(worth, noise=0.05)
    result = made_smaller(bench, edited(), after)
    assert kept(bench, result)["m.py"].decode() == (
        BASE + "\n\ndef f():\n    y = [0]\n    y.append(1)\n    return y\n"
    )


def test_a_definition_goes_after_its_use():
    before = edited()
    text = b"broken = 1\n" + BASE.encode() + b"N99 = 1\nfixed = broken\n"
    bench = Bench({"N99 = 1": 3.0})
    result = made_smaller(bench, before, {"m.py": text})
    assert kept(bench, result)["m.py"] == BASE.encode() + b"N99 = 1\n"


def test_comments_and_layout_go_without_a_run_but_not_those_of_what_stays():
    bench = Bench({"N3 = 1": 5.0})
    text = BASE.replace("N3 = 0\n", "# faster\nN3 = 1\n").replace("N20 = 0\n", "# idle\nN20 = 0\n")
    result = made_smaller(bench, edited(), {"m.py": text.encode()})
    assert b"# faster\nN3 = 1" in kept(bench, result)["m.py"]
    assert b"idle" not in kept(bench, result)["m.py"]
    assert bench.asked == []
    assert same_code({"a.py": b"x = 1\n"}, {"a.py": b"x = 1  # one\n\n"})
    assert not same_code({"a.py": b"x = 1\n"}, {"a.py": b"x = 2\n"})
    assert not same_code({"a.py": b"x = 1\n"}, {"b.py": b"x = 1\n"})


def test_nothing_can_be_left_out():
    bench = Bench({"N3 = 1": 5.0, "N4 = 1": 5.0})
    result = made_smaller(bench, edited(), edited(N3=1, N4=1))
    assert result.candidate == result.head
    assert result.dropped == ()
    assert result.lines_before == result.lines_after == 4


def test_small_losses_do_not_add_up():
    worth = {f"N{n} = 1": 0.3 for n in range(1, 11)} | {"N20 = 1": 10.0}
    bench = Bench(worth, noise=0.01)  # any one part is within the margin, all ten are not
    lines = {f"N{n}": 1 for n in range(1, 11)} | {"N20": 1}
    result = made_smaller(bench, edited(), edited(**lines))
    head, part = bench.trees[result.head], kept(bench, result)
    assert bench.score(part) >= 0.95 * bench.score(head)
    assert result.lines_after < result.lines_before


def test_a_budget_ends_the_search_with_what_was_found():
    bench = Bench({f"N{n} = 1": 1.0 for n in range(0, 40, 2)}, noise=0.05)
    after = edited(**{f"N{n}": 1 for n in range(40)})
    full = made_smaller(bench, edited(), after)
    short = made_smaller(Bench(bench.worth, 0.05), edited(), after, most=full.pairs // 3)
    assert short.pairs <= full.pairs // 3 + 2
    assert "pairs were spent" in short.note
    assert full.lines_after < short.lines_after <= short.lines_before


@pytest.mark.parametrize("stop_after", [1, 7, 20])
def test_it_goes_on_where_it_was_cut_off(stop_after):
    worth = {"N3 = 1": 5.0, "N30 = 1": 5.0}
    before, after = edited(), edited(N1=1, N3=1, N4=1, N17=1, N18=1, N30=1)
    whole, cut = Bench(worth, 0.6), Bench(worth, 0.6)
    result = made_smaller(whole, before, after)
    assert made_smaller(cut, before, after, stop_after=stop_after) is None
    begun = list(cut.asked)
    cut.asked.clear()
    assert made_smaller(cut, before, after) == result
    assert cut.asked[: len(begun)] == begun  # the same keys: a crew hands those trials back
    assert cut.asked == whole.asked


def test_it_counts_what_it_runs_with_any_number_of_workers():
    for width in (1, 2, 5):
        bench = Bench({"N3 = 1": 5.0}, 0.3)
        result = made_smaller(bench, edited(), edited(N1=1, N3=1, N4=1), width=width)
        assert kept(bench, result) == edited(N3=1)
        assert len(bench.asked) == 2 * result.pairs
        assert len(set(bench.asked)) == len(bench.asked)


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 39), min_size=1, max_size=12), st.data())
def test_exactly_the_needed_lines_stay_where_there_is_no_luck(changed, data):
    needed = data.draw(st.sets(st.sampled_from(sorted(changed)), min_size=1))
    bench = Bench({f"N{n} = 1": 1.0 for n in needed})
    result = made_smaller(bench, edited(), edited(**{f"N{n}": 1 for n in changed}))
    assert kept(bench, result) == edited(**{f"N{n}": 1 for n in needed})
