"""Queries on a lab where one candidate was promoted."""

import json

import pytest
from terminal import piped, typed

from toy_lab import git

CONFIRM_NUMBERS = ("effect", "low", "high", "e_value", "looks", "score", "scores", "seed", "risk")


def query(lab, *arguments):
    done = piped(*arguments, "--dir", str(lab), "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_status(tested):
    found = query(tested, "status")
    assert (found["lab"], found["metric"], found["trust"]) == ("toy", "loss", "self-reported")
    assert found["champion"] == {"candidate": "c1", "promotions": 1}
    assert found["counts"]["candidates"] == 1
    assert found["counts"]["answers"] == {"better": 1}
    assert [item["id"] for item in found["waiting"]] == ["p1"]
    assert found["running"] is None


def test_status_in_a_pipe_is_plain_and_says_what_is_self_reported(tested):
    done = piped("status", "--dir", str(tested))
    assert "\x1b" not in done.out
    assert "SELF-REPORTED" in done.out
    assert "sure" not in done.out  # the interval is of the confirm split


def test_status_at_a_terminal_has_the_confirmed_gain(tested):
    done = typed("status", "--dir", str(tested))
    assert done.code == 0
    assert "loss better by 3.7" in done.out
    assert "sure" in done.out


def test_tree(tested):
    found = query(tested, "tree")
    assert [(n["id"], n["parent"], n["promoted"]) for n in found["nodes"]][1] == ("c1", "c0", True)
    assert "effect" not in found["nodes"][1]
    done = piped("tree", "--dir", str(tested), "--all")
    assert "└── c1" in done.out
    assert "champion" in done.out


def test_show_for_agents_has_no_confirm_numbers(tested):
    found = query(tested, "show", "c1")
    assert (
        found["diff"].endswith('     json.dump({"loss": loss}, file)\n')
        or "+X = 2.5" in found["diff"]
    )
    (verdict,) = [v for v in found["verdicts"] if v["gate"] == "confirm"]
    assert verdict["answer"] == "better"
    assert not set(verdict) & set(CONFIRM_NUMBERS)
    confirmed = [t for t in found["trials"] if t["purpose"] == "confirm"]
    assert confirmed
    assert not any(set(trial) & set(CONFIRM_NUMBERS) for trial in confirmed)


def test_search_scores_are_rounded_to_half_the_noise(tested):
    found = query(tested, "show", "c1")
    step = found["noise_sd"] / 2
    scores = [t["score"] for t in found["trials"] if t["purpose"] == "search"]
    assert scores
    assert all(abs(score / step - round(score / step)) < 1e-6 for score in scores)


def test_nothing_that_a_pipe_gets_tells_a_confirm_score(tested):
    confirmed = confirm_scores(tested)
    assert confirmed
    everything = "".join(
        piped(*command, "--dir", str(tested), *form).out
        for command in (("status",), ("tree", "--all"), ("show", "c1"), ("show", "p1"), ("log",),
                        ("review",), ("review", "show", "p1"), ("review", "explain", "p1"))
        for form in ((), ("--json",))
    )  # fmt: skip
    assert not [score for score in confirmed if f"{score!r}"[:7] in everything]


def confirm_scores(lab):
    from regency.lab import Lab

    with Lab.open(lab) as opened:
        trials = [*opened.store.trials("c0", "confirm"), *opened.store.trials("c1", "confirm")]
        verdict = opened.store.verdict("c1")
        return [t.score for t in trials] + [verdict.effect, verdict.low, verdict.e_value]


def test_the_human_view_needs_a_human(tested):
    done = piped("show", "c1", "--dir", str(tested), "--view", "human")
    assert done.code == 3
    assert done.err.startswith("regency: the human view needs a human")
    assert "withheld" not in typed("show", "c1", "--dir", str(tested)).out


@pytest.mark.parametrize("name", ["c1", "champion", "p1"])
def test_fetch_makes_a_branch(tested, copied, name):
    lab = copied(tested)
    done = piped("fetch", name, "--dir", str(lab))
    assert (done.code, done.out) == (0, "regency/c1\n")
    assert "X = 2.5" in git(lab, "show", "regency/c1:model.py")


def test_agents_words_reach_the_terminal_harmless(tested):
    for name in ("c1", "p1"):
        done = typed("show", name, "--dir", str(tested))
        assert "\x1b[2J" not in done.out
    assert "Set X." in typed("show", "c1", "--dir", str(tested)).out


def test_log(tested):
    found = query(tested, "log")["entries"]
    assert [entry["seq"] for entry in found] == list(range(len(found)))
    assert query(tested, "log", "--kind", "packet")["entries"][0]["body"]["id"] == "p1"
    since = query(tested, "log", "--since", "4")["entries"]
    assert since[0]["seq"] == 4


def test_brief_is_the_agents_view_and_has_the_files(tested, tmp_path):
    done = piped("brief", "--dir", str(tested))
    assert "# Goal" in done.out
    assert "X = 2.5" in done.out
    tree = tmp_path / "tree"
    found = json.loads(piped("brief", "--dir", str(tested), "--json", "--tree", str(tree)).out)
    assert found["champion"] == "c1"
    assert sorted(p.name for p in tree.iterdir()) == [".git", "model.py", "program.md"]
    assert git(tree, "rev-list", "--count", "HEAD").strip() == "1"


def test_ledger(tested, tmp_path):
    found = query(tested, "ledger", "verify")
    assert found["ok"]
    export = tmp_path / "export"
    assert typed("ledger", "export", str(export), "--dir", str(tested)).code == 0
    done = piped("ledger", "verify", str(export), "--json", cwd=tmp_path)
    assert json.loads(done.out)["root"] == found["root"]
    damaged = tmp_path / "damaged"
    damaged.write_bytes(export.read_bytes().replace(b"Set X.", b"Set Y."))
    done = piped("ledger", "verify", str(damaged))
    assert done.code == 1
    assert "PROBLEM" in done.out
    proof = typed("ledger", "prove", "3", "--dir", str(tested))
    assert proof.out.startswith("c2sp.org/tlog-proof@v1\n")
    assert "index 3\n" in proof.out


def test_before_and_after_are_of_the_pairs_behind_the_verdict(tested):
    from regency.lab import Lab, dossier

    with Lab.open(tested) as lab:
        before, after = dossier.before_and_after(lab, "p1")
        assert before - after == pytest.approx(lab.store.verdict("c1").effect)


def test_gains_of_several_promotions_add_up_with_their_intervals():
    from regency.lab.views import gain_of
    from regency.records import Answer, Verdict

    first = Verdict("c1", Answer.BETTER, "confirm", "", "c0", 1, 1.0, 0.5, 1.5, 99.0, 0.01, 5)
    second = Verdict("c2", Answer.BETTER, "confirm", "", "c1", 2, 2.0, 1.0, None, 99.0, 0.02, 5)
    total = gain_of([first, second], 0.5)
    assert total == {"gain": 3.0, "gain_sd": 6.0, "low": 1.5, "high": None, "level": 0.03}
