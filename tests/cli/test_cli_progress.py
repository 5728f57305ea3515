import pytest

from regency.cli.live import told
from regency.cli.progress import Progress
from regency.records import Event


@pytest.fixture
def progress():
    return Progress("loss", minimize=True, wall_s=60.0, champion="c0", clock=lambda: 0.0)


def play(progress, *events):
    for kind, data in events:
        progress.take(Event(kind, data))


NOMINATION = {"candidate": "c5", "champion": "c0", "level": 0.01, "max_pairs": 32, "index": 1}
BETTER = {
    "candidate": "c5", "answer": "better", "gate": "confirm", "effect": 0.3, "reason": "Better.",
}  # fmt: skip


def run_of(progress):
    play(
        progress,
        ("calibration", {"noise_sd": 0.1, "search_mean": 2.0}),
        ("promising", {"candidate": "c5", "gain": 0.25}),
        ("nomination", NOMINATION),
        ("trial", {"purpose": "confirm", "key": "confirm/0/1/0/candidate", "candidate": "c5"}),
        ("trial", {"purpose": "confirm", "key": "confirm/0/1/0/champion", "candidate": "c0"}),
    )


def test_pairs_of_the_test_in_progress_are_counted(progress):
    run_of(progress)
    assert (progress.pairs, progress.testing["candidate"]) == (1, "c5")


def test_a_promotion_adds_its_effect(progress):
    run_of(progress)
    play(progress, ("verdict", BETTER), ("champion", {"candidate": "c5", "packet": "p1"}))
    assert progress.gain == pytest.approx(0.3)
    assert progress.in_noise == pytest.approx(3.0)
    assert (progress.champion, progress.packet, progress.testing) == ("c5", "p1", None)
    assert progress.best == [0.25, 0.3]


def test_search_after_a_promotion_builds_on_its_gain(progress):
    run_of(progress)
    play(progress, ("verdict", BETTER))
    verdict = {"candidate": "c6", "answer": "not better", "gate": "search", "effect": 0.1}
    play(progress, ("verdict", verdict))
    assert progress.best[-1] == pytest.approx(0.4)
    assert progress.judged == 2


def test_invalid_candidates_have_no_effect(progress):
    verdict = {"candidate": "c6", "answer": "invalid", "gate": "search", "effect": None}
    play(progress, ("verdict", verdict), ("of-another-age", {}))
    assert progress.answers == {"invalid": 1}


def test_agents_are_told_no_confirm_numbers(progress):
    run_of(progress)
    event = Event("verdict", BETTER)
    progress.take(event)
    assert "0.3" in told(event, progress, "human")
    assert "0.3" not in told(event, progress, "agent")
    assert "c5: better" in told(event, progress, "agent")


def test_agents_words_cannot_move_the_cursor(progress):
    event = Event("silent", {"agent": "a", "reason": "\x1b[2Jnothing\nleft"})
    assert told(event, progress, "human").endswith("[2Jnothing left")


def test_an_agent_that_takes_long_is_told(progress):
    event = Event("at work", {"agent": "claude\x1b[2J", "parent": "c3"})
    assert told(event, progress, "agent").startswith("claude[2J goes to work on c3")
