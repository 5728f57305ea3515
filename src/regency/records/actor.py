"""Who did something."""

import enum
from dataclasses import dataclass

PART = "part"  # kind of the agent that stands for Regency itself where it takes changes apart


class ActorKind(enum.StrEnum):
    """Who did something."""

    HUMAN = "human"
    SIMULATED_HUMAN = "simulated-human"
    AGENT = "agent"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: a kind and a name."""

    kind: ActorKind
    name: str


@dataclass(frozen=True, slots=True)
class Agent:
    """Whatever proposes.

    Attributes:
        name: The name in ``[agents.NAME]``.
        kind: The proposer's entry point, for example ``mutate``; ``human`` for a person.
        model: Model identifier, empty where there is none.
        version: Version of the agent.
        prompt_digest: SHA-256 of the prompt or settings it worked from, hexadecimal.
        session: The agent's own name for the conversation that it came from.
    """

    name: str
    kind: str
    model: str = ""
    version: str = ""
    prompt_digest: str = ""
    session: str = ""
