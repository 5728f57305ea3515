"""What agents find out before they propose: their experiments, and what they write down."""

from dataclasses import dataclass

from regency.records.actor import Agent
from regency.records.trial import Trial


@dataclass(frozen=True, slots=True)
class Try:
    """An experiment of an agent; its ledger entry ``try.begun`` is what spends the budget.

    Attributes:
        key: ``try/AGENT/NUMBER``.
        agent: Whose it is.
        parent: Candidate that it was made from.
        trials: Trials that it takes.
        digest: SHA-256 of the edits, hexadecimal: the same edits again are the same experiment.
        patch: What it changes, as a unified diff.
        epoch: Epoch that it ran in.
        generation: Latest generation when it began.
        proposals: Proposals that the agent had made when it began.
    """

    key: str
    agent: Agent
    parent: str
    trials: int
    digest: str
    patch: str
    epoch: int
    generation: int
    proposals: int


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of an experiment: the ledger entry ``try``.

    Attributes:
        key: That of the `Try`.
        trials: Its trials, of the search split.
        score: Their mean score, None if one of them failed.
        gain: Mean improvement over the champion, positive is better; None without a score, or
            while the champion is not measured.
        champion: The champion then.
        champion_score: Its mean score on the search split, None while it is not measured.
        noise_sd: Standard deviation of one paired difference, None while it is not known.
    """

    key: str
    trials: tuple[Trial, ...]
    score: float | None
    gain: float | None
    champion: str
    champion_score: float | None
    noise_sd: float | None


@dataclass(frozen=True, slots=True)
class Note:
    """A page of the lab's notebook: untrusted text of an agent, or of a person.

    Attributes:
        id: ``n<number>``.
        author: Who wrote it.
        text: What was learned, what failed and why.
        about: Candidates that it is about.
    """

    id: str
    author: Agent
    text: str
    about: tuple[str, ...] = ()
