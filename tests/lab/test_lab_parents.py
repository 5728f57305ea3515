"""A candidate built on another parent than the champion, through the whole of a real lab."""

from regency import plugins
from regency.archive.select import ArchiveView
from regency.lab import Lab
from regency.lab.lab import Plan
from regency.records import Actor, ActorKind, Agent, Answer, Decision, FileEdit, Proposal
from toy_lab import AGENT, SETTINGS, better_model, git, make_toy_lab

SIM = Actor(ActorKind.SIMULATED_HUMAN, "Sim")


def proposal(text: str, parent: str = "") -> Proposal:
    edits = (FileEdit("model.py", text.encode()),)
    return Proposal(edits, "Moved X.", Agent("tester", "human"), parent=parent)


def test_what_is_built_on_a_loser_is_judged_against_the_champion_and_can_win(tmp_path):
    folder = make_toy_lab(tmp_path / "toy", simulated=True, settings=SETTINGS)
    worse = better_model(0.5) + "# one\n# two\n# three\n"
    with Lab.open(folder) as lab:
        lab.tell([proposal(worse)])
        lab.run(Plan())
        assert lab.store.verdict("c1").answer is Answer.NOT_BETTER
        lab.tell([proposal(better_model(2.5), parent="c1")])  # three lines fewer than its parent
        assert lab.run(Plan()).promoted == ("c2",)
        verdict = lab.store.verdict("c2")
        assert (verdict.champion, verdict.simpler) == ("c0", False)
        packet = lab.store.packets("open")[-1].packet
        assert (packet.head_candidate, packet.base_generation) == ("c2", 0)
        # The net change: neither what the parent had added nor what was taken off again.
        assert packet.lines == 2
    with Lab.open(folder) as lab:
        said = lab.decide(Decision(packet.id, "approve", SIM, "Looks right.")).message
        assert "simulated/1" in said
        assert git(folder, "show", "simulated/1:model.py") == better_model(2.5)
        assert lab.recorder.log.verify().ok


def test_a_smaller_child_of_a_loser_is_not_taken_for_a_simpler_champion(tmp_path):
    settings = SETTINGS.replace("[judge]\n", "[judge]\nsimpler_margin = 0.5\n")
    folder = make_toy_lab(tmp_path / "toy", simulated=True, settings=settings)
    with Lab.open(folder) as lab:
        lab.tell([proposal(better_model(0.0) + "Y = 1\n" * 6)])
        lab.run(Plan())
        lab.tell([proposal(better_model(0.95) + "Y = 1\n", parent="c1")])
        lab.run(Plan())
        verdict = lab.store.verdict("c2")
        assert not verdict.simpler
        assert (verdict.gate, verdict.answer) == ("search", Answer.NOT_BETTER)


def test_a_run_builds_on_other_parents_and_goes_on_after_a_restart(tmp_path, monkeypatch):
    loaded = plugins.load

    def load(group: str, name: str) -> object:
        return worst if group == "regency.selectors" else loaded(group, name)

    monkeypatch.setattr(plugins, "load", load)
    settings = SETTINGS + '\n[archive]\nselect = "score_children"\n' + AGENT
    folder = make_toy_lab(tmp_path / "toy", simulated=True, settings=settings)
    for _ in range(4):  # one parent is chosen for a whole batch, so runs are short
        with Lab.open(folder) as lab:
            lab.run(Plan(candidates=6))
    with Lab.open(folder) as lab:
        found = [s.record for s in lab.store.candidates(40) if s.record.agent.kind == "mutate"]
        champions = {move.candidate for move in lab.store.champion_moves()}
        assert len(found) >= 20
        assert {record.parent for record in found} - champions
        assert lab.recorder.log.verify().ok


def worst(view: ArchiveView, seed: int) -> str:
    """Return what will never be champion, as soon as there is any such."""
    del seed
    return min(view.elites, key=lambda elite: elite.gain).candidate
