"""Settings for oversight: who may ratify what, and how far agents may run ahead."""

from typing import Literal

from pydantic import Field

from regency.config.values import Table


class Lead(Table):
    """How far the champion may be ahead of the last ratified generation."""

    review_minutes: float = Field(30, ge=0, description="Estimated minutes of review.")
    generations: int = Field(1, ge=1, description="Unratified packets.")


class Minimise(Table):
    """How the net change is made smaller before a human reads it."""

    when: Literal["held", "asked"] = Field(
        "held",
        description="`held`: when the bound on the lead is reached, and when asked. `asked`: only "
        "by `regency review minimise`.",
    )
    keep: float = Field(
        0.95, gt=0, lt=1, description="Least share of the gain that the smaller change keeps."
    )
    pairs: int = Field(
        200,
        ge=0,
        description="Most pairs of runs that looking for what can be left out may take; the test "
        "of what is left may take as many again.",
    )


class Need(Table):
    """What a rule asks for."""

    approvals: int = Field(1, ge=0, description="People who must approve; agents never count.")
    assurance: Literal["local", "key", "present"] = Field(
        "local", description="Least assurance of each decision."
    )


class Rule(Table):
    """One rule of the policy; the first whose condition holds decides."""

    name: str = Field("", description="Name, for messages; default: its condition.")
    when: str = Field(
        description="Condition over `risk`, `trust`, `minutes`, `lines`, `files`, `gain_sd`, "
        "`autonomy`, `agents`, `touches`, `kind` (`packet`, or `lab` for a change of these rules) "
        "and `assurance` (the weakest of the approvals in hand: `none`, `local`, `key`, `present`)."
    )
    need: Need = Field(default_factory=lambda: Need.model_validate({}), description="Approvals.")


class OversightTable(Table):
    """Who may ratify what, and how far agents may run ahead."""

    autonomy: Literal["supervised", "sampled", "autonomous"] = Field(
        "supervised",
        description="How much goes unread. `supervised`: nothing is ratified without a person. "
        "`sampled`: what a rule with `approvals = 0` allows, but for a random share. `autonomous`: "
        "all that such rules allow. Raised only by a recorded decision.",
    )
    sample: float = Field(
        0.2,
        ge=0,
        le=1,
        description="With `sampled`: share of what needs no approval that a person reads all the "
        "same, drawn by a secret that agents do not have.",
    )
    max_lead: Lead = Field(
        default_factory=lambda: Lead.model_validate({}), description="Bound on the lead."
    )
    minimise: Minimise = Field(
        default_factory=lambda: Minimise.model_validate({}), description="Making changes smaller."
    )
    dead_man_hours: float = Field(
        24, gt=0, description="The lab pauses when no human has been there for so long."
    )
    rules: list[Rule] = Field(
        default_factory=list, description="Ordered; first match decides; no match is a denial."
    )
