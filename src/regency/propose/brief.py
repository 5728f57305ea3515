"""What an agent needs and no more: builds briefs in the agent's view.

The agent's view holds no confirm numbers, no audit and no canary state; search gains are rounded
to half the noise, so that the search split cannot be read out by asking often.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from regency.config import Config, GuardTable
from regency.propose.notebook import kept
from regency.records import Attempt, Brief, Candidate, Json, Note, Review, Verdict


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a lab stands, as far as a brief tells it.

    Attributes:
        parent: Candidate to build on.
        champion: The champion.
        champion_score: Its mean search score.
        noise_sd: Standard deviation of one paired difference.
        editable: Paths of the parent's files that may change.
        program: The lab's prose for agents.
        best: Best attempts so far.
        failures: Recent failures.
        reviews: What people turned down or asked for.
        undecided: Attempts whose worth is not known yet.
        left: What is left of the run.
        notes: The lab's notebook, oldest first; the brief holds what fits of it.
        measured: Whether the champion was measured.
    """

    parent: str
    champion: str
    champion_score: float
    noise_sd: float
    editable: tuple[str, ...]
    program: str
    best: tuple[Attempt, ...] = ()
    failures: tuple[Attempt, ...] = ()
    reviews: tuple[Review, ...] = ()
    undecided: tuple[Attempt, ...] = ()
    left: Mapping[str, Json] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    measured: bool = True


def rounded(value: float, noise_sd: float) -> float:
    """Return ``value`` rounded to half of ``noise_sd`` (unchanged if there is no noise)."""
    step = noise_sd / 2
    return round(value / step) * step if step > 0 else value


def attempt(
    candidate: Candidate, verdict: Verdict | None, gain: float | None, noise_sd: float
) -> Attempt:
    """Return what agents may see of ``candidate``.

    Args:
        candidate: The candidate.
        verdict: Its verdict so far.
        gain: Its mean gain on the search split.
        noise_sd: Standard deviation of one paired difference.
    """
    confirmed = verdict is not None and verdict.gate == "confirm"
    return Attempt(
        candidate=candidate.id,
        parent=candidate.parent,
        agent=candidate.agent.name,
        rationale=candidate.rationale,
        answer=verdict.answer.value if verdict else "",
        gain=None if gain is None else rounded(gain, noise_sd),
        notes=candidate.notes,
        reason=verdict.reason if verdict and not confirmed else "",
    )


def build_brief(
    config: Config, standing: Standing, news: Sequence[Attempt] = (), seed: int = 0
) -> Brief:
    """Return the brief for one proposal.

    Args:
        config: The settings in force.
        standing: Where the lab stands.
        news: What was judged since this agent was last asked.
        seed: Fresh random seed.
    """
    return Brief(
        goal=config.lab.goal,
        program=standing.program,
        metric=config.score.metric,
        direction=config.score.goal,
        editable=standing.editable,
        max_changed_lines=config.change.max_changed_lines,
        parent=standing.parent,
        champion=standing.champion,
        champion_score=rounded(standing.champion_score, standing.noise_sd),
        noise_sd=standing.noise_sd,
        best=standing.best,
        failures=standing.failures,
        reviews=standing.reviews,
        news=tuple(news),
        limits=_limits(config),
        trust=config.score.trust,
        seed=seed,
        undecided=standing.undecided,
        guards=tuple(map(_guard, config.guards)),
        left=standing.left,
        notes=kept(standing.notes),
        measured=standing.measured,
    )


def _limits(config: Config) -> Mapping[str, object]:
    limits = config.limits
    return {
        "cpu_s": limits.cpu_s,
        "wall_s": limits.wall_s,
        "memory_bytes": limits.memory,
        "processes": limits.processes,
        "network": limits.network,
    }


def _guard(guard: GuardTable) -> str:
    """Return what a guard asks for, in words."""
    margins = {
        "at most {:g} times the champion's": guard.max_ratio,
        "at most {:g} more than the champion's": guard.max_increase,
        "at most {:g} less than the champion's": guard.max_decrease,
    }
    said = [words.format(value) for words, value in margins.items() if value is not None]
    return f"{guard.name}: {guard.of or guard.kind} {' and '.join(said)}".strip()
