"""Makes the population again from the record, when a run begins."""

from regency.archive.population import Population, Result
from regency.records import PART, Answer, Candidate, Verdict
from regency.store import Store

_WAITED = (Answer.SUPERSEDED, Answer.UNDECIDED)  # of gate 1: promising, but never tested


def recalled(store: Store) -> Population:
    """Return the population as the run that ended left it; reads the lab's history once."""
    moves = list(store.champion_moves())
    population = Population(moves.pop(0).candidate)
    for seq, candidate, verdict in store.judged_since(-1):
        while moves and moves[0].seq < seq:
            population.moved(moves.pop(0).candidate)
        if candidate.agent.kind != PART:
            _replay(population, candidate, verdict, store)
    for move in moves:
        population.moved(move.candidate)
    return population


def result_of(candidate: Candidate, gain: float | None, *, promising: bool) -> Result:
    """Return what search found of ``candidate``, for the population."""
    lines = candidate.lines_added - candidate.lines_removed
    return Result(candidate.id, candidate.parent, gain, promising, lines)


def _replay(population: Population, candidate: Candidate, verdict: Verdict, store: Store) -> None:
    tested = verdict.gate == "confirm"
    gain = store.candidate(candidate.id).gain
    population.add(result_of(candidate, gain, promising=tested or verdict.answer in _WAITED))
    if tested and verdict.answer is not Answer.BETTER:
        population.refuted(candidate.id)
