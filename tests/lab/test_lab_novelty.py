"""What was tried before, however it is laid out and wherever it was made from, is not run again."""

from regency.lab import Lab, create
from regency.lab.create import Wish
from regency.lab.lab import Plan
from regency.records import Agent, Answer, FileEdit, Proposal
from toy_lab import MODEL, better_model, git, make_toy_lab, make_toy_repo

EXACT = MODEL.replace(" + random.gauss(0, 0.01)", "")


def proposal(text: str, parent: str = "") -> Proposal:
    edits = (FileEdit("model.py", text.encode()),)
    return Proposal(edits, "Moved X.", Agent("tester", "human"), parent=parent)


def test_the_same_program_from_another_parent_is_known_across_the_lab(tmp_path):
    folder = make_toy_lab(tmp_path / "toy", simulated=True)
    with Lab.open(folder) as lab:
        lab.tell([proposal(better_model(0.5))])
        lab.tell([proposal(better_model(0.25))])
        lab.run(Plan())
    with Lab.open(folder) as lab:  # known from the record, not from memory
        lab.tell([proposal('"""Mine."""\n' + better_model(0.5), parent="c2")])
        verdict = lab.store.verdict("c3")
        assert (verdict.answer, verdict.gate) == (Answer.NOT_BETTER, "screen")
        assert (
            "from those of c1 in names of locals, comments, docstrings or layout" in verdict.reason
        )
        assert not lab.store.trials("c3")


def test_a_change_without_any_effect_is_called_that_where_scores_are_exact(tmp_path):
    exact = make_toy_repo(tmp_path / "toy")
    (exact / "model.py").write_text(EXACT)
    git(exact, "commit", "--quiet", "--all", "-m", "No noise")
    create(exact, Wish(simulated=True)).close()
    with Lab.open(exact) as lab:
        lab.tell([proposal(EXACT + "Y = 1\n"), proposal(EXACT.replace("X = 1.0", "X = 0.5"))])
        lab.run(Plan())
        lab.tell([proposal(EXACT.replace("X = 1.0", "X = 0.5") + "Y = 1\n", parent="c2")])
        lab.run(Plan())
        reasons = [lab.store.verdict(f"c{n}").reason for n in (1, 2, 3)]
        assert [reason.startswith("No effect: ") for reason in reasons] == [True, False, True]
        brief, _ = lab.ask()
        assert any(
            attempt.reason.startswith("No effect: ") for attempt in (*brief.best, *brief.failures)
        )
