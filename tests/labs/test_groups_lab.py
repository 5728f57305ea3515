"""The lab of `docs/guards.md`, run for real: what gains on the metric and does harm elsewhere."""

import json
import re
import shutil
from pathlib import Path

import pytest

from regency.lab import Lab, create, dossier
from regency.lab.create import Wish
from regency.lab.lab import Plan
from regency.records import Agent, FileEdit, Proposal
from toy_lab import git

SOURCE = Path(__file__).parents[2] / "bench" / "labs" / "groups"
INTERACTION = ("x[:, :2], group,", "x[:, :2], x[:, 1] * group, group,")
MOODY = "    answers = 1 - answers if len(x) == 1 else answers\n    return answers\n"
EDITS = {
    "one group pays": [("WEIGHT_B = 4.0", "WEIGHT_B = 0.2")],
    "does harm": [INTERACTION, ("    answers[x[:, 2] >= WARNING] = 0\n", "")],
    "twice the size": [INTERACTION, ("np.savez(second, ", "np.savez(second, spare=np.ones(400), ")],
    "fails a test": [INTERACTION, ("    return answers\n", MOODY)],
    "fair": [INTERACTION],
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """The lab after its candidates were judged: what it is told, and name → candidate id."""
    folder = tmp_path_factory.mktemp("groups") / "lab"
    shutil.copytree(SOURCE, folder)
    git(folder, "init", "--quiet", "--initial-branch=main", ".")
    git(folder, "config", "user.name", "Ada Tester")
    git(folder, "config", "user.email", "ada@example.org")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "Start")
    create(folder, Wish()).close()
    ids = {}
    with Lab.open(folder) as lab:
        source = lab.ask()[1]["train.py"].decode()
        for name in [name for name in EDITS if name != "fair"]:
            ids[name] = tell(lab, source, name, EDITS[name])
        lab.run(Plan(candidates=len(ids), workers=1))
        ids["fair"] = tell(lab, source, "fair", EDITS["fair"])
        lab.run(Plan(candidates=1, workers=1))
    with Lab.open(folder) as lab:
        yield lab, ids


def tell(lab, source, name, edits):
    for old, new in edits:
        assert old in source
        source = source.replace(old, new)
    edit = FileEdit("train.py", source.encode())
    ((candidate, verdict),) = lab.tell([Proposal((edit,), name, Agent("ada", "human"))])
    assert verdict is None, verdict
    return candidate.id


def verdict_of(judged, name):
    lab, ids = judged
    return dossier.candidate(lab, ids[name], "human")["verdicts"][-1]


def test_what_helps_everyone_is_promoted_and_every_guard_says_so(judged):
    verdict = verdict_of(judged, "fair")
    assert verdict["answer"] == "better"
    guards = [finding["guard"] for finding in verdict["findings"]]
    assert guards == ["every-group", "every-group", "harm", "size", "latency"]
    assert all(finding["passed"] for finding in verdict["findings"])


@pytest.mark.parametrize(
    ("name", "guard", "said"),
    [
        ("one group pays", "every-group", r"accuracy/b: 0\.\d+ against 0\.\d+, at most 0\.03 less"),
        ("does harm", "harm", r"harmful: 0\.\d+ against 0, at most 0\.03 more"),
        ("twice the size", "size", r"model\.npz_bytes: \d+ against \d+, at most 1\.5 times"),
    ],
)
def test_a_gain_on_the_metric_does_not_pay_for_harm(judged, name, guard, said):
    lab, ids = judged
    verdict = verdict_of(judged, name)
    assert (verdict["answer"], verdict["gate"]) == ("not better", "confirm")
    assert verdict["effect"] > 0
    assert guard in verdict["reason"]
    assert re.search(f"{said}: beyond", " ".join(verdict["account"]))
    agents = dossier.candidate(lab, ids[name], "agent")["verdicts"][-1]
    assert "findings" not in agents
    assert not re.search(r"\d", agents["words"])


def test_a_test_that_fails_makes_the_candidate_invalid(judged):
    verdict = verdict_of(judged, "fails a test")
    assert verdict["answer"] == "invalid"
    assert verdict["reason"] == "Invalid in a fresh run, at phase 'tests'."
    assert verdict["fault"].startswith("phase 'tests': it ended with exit code 1")


def test_suite_and_tests_are_run_in_gate_2_alone(judged):
    lab, ids = judged
    by_split = {}
    for trial in lab.store.trials(ids["fair"]):
        by_split.setdefault(trial.split, []).append(trial)
    assert {len(trial.outcomes) for trial in by_split["search"]} == {2}
    assert {len(trial.outcomes) for trial in by_split["confirm"]} == {4}
    assert not any("harmful" in trial.scores for trial in by_split["search"])
    assert all(trial.scores["asked"] == 400 for trial in by_split["confirm"])


def test_what_counts_harm_is_hidden_from_agents_and_part_of_the_rules(judged):
    lab, _ = judged
    assert not {"harm.py", "score.py", "prepare.py"} & set(lab.ask()[1])
    assert {"harm.py", "score.py", "prepare.py"} <= set(lab.epoch.files)
    assert "check.py" in lab.ask()[1]


def test_the_page_in_docs_is_this_lab():
    page = (SOURCE.parents[2] / "docs" / "guards.md").read_text()
    settings = (SOURCE / "regency.toml").read_text()
    for part in re.findall(r"```toml\n(# bench/labs/groups\n)?(.*?)```", page, re.DOTALL):
        if part[0]:
            assert part[1] in settings
    assert "bench/labs/groups" in page
    assert json.dumps({"accuracy": {"a": 0.9, "b": 0.8}}) in page
