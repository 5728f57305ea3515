"""Settings for the judge: how sure a promotion must be, and what must not get worse."""

from typing import Any, Literal

from pydantic import Field, model_validator

from regency.config.values import Command, InsidePath, PlainName, Table

MARGINS = ("max_ratio", "max_increase", "max_decrease", "most", "least")


class JudgeTable(Table):
    """How sure a promotion must be."""

    false_promotion_rate: float = Field(
        0.05, gt=0, lt=0.5, description="α: chance of a false promotion per generation."
    )
    smallest_effect: float = Field(
        0.0, ge=0, description="Gains below this, in metric units, are not worth a test."
    )
    calibration_pairs: int = Field(4, ge=3, description="A/A pairs at the start of an epoch.")
    search_trials: int = Field(4, ge=1, description="Most trials of gate 1.")
    confirm_pairs: int = Field(32, ge=2, description="Cap on pairs of gate 2.")
    simpler_margin: float | None = Field(
        None,
        ge=0,
        description="A candidate with fewer lines is promoted as simpler if it is not worse by "
        "more than this, metric units; all such promotions of one generation share it. 0: never. "
        "[default: smallest_effect]",
    )
    pairs: Literal["auto", "together", "in turn"] = Field(
        "auto",
        description="How the two runs of a pair share their core: at the same time, so that a "
        "busy machine slows both alike, or one after the other. `auto`: together where the budget "
        "is CPU time of one process and the score is blind, or is that CPU time itself.",
    )


class GuardTable(Table):
    """A check that must not get worse: part of gate 2, on the same pairs as the score."""

    name: PlainName = Field(description="Name of the guard.")
    kind: str = Field("margin", description="An entry point of `regency.guards`.")
    of: str = Field(
        "",
        description="A number of the scorer or of `command`, or `cpu_s`, `wall_s`, "
        "`memory_bytes`, `OUTPUT_bytes`. With `over`: the name of groups, `of/GROUP`.",
    )
    over: Literal["each", "worst", "gap"] | None = Field(
        None,
        description='For numbers by group, printed as `{"of": {"GROUP": 0.9}}`: `each` group '
        "must stay within the margin, or the `worst` one, or the `gap` from the largest to the "
        "smallest.",
    )
    out_of: str | float | None = Field(
        None,
        description="`of` is a count, out of so many: a number's name, or the number. What is "
        "guarded is then the share.",
    )
    max_ratio: float | None = Field(None, gt=0, description="Most candidate ÷ champion.")
    max_increase: float | None = Field(None, ge=0, description="Most candidate − champion.")
    max_decrease: float | None = Field(None, ge=0, description="Most champion − candidate.")
    most: float | None = Field(None, description="Most it may be, whatever the champion's is.")
    least: float | None = Field(None, description="Least it may be, whatever the champion's is.")
    chance: float = Field(
        0.05, gt=0, lt=0.5, description="Chance that a candidate beyond the margin passes."
    )
    command: Command | None = Field(
        None,
        description="Trusted command, run outside the sandbox after each run of gate 2, as the "
        "scorer is: gets `--out FOLDER --private FOLDER --split NAME` and prints one JSON object "
        "of numbers. Without `of`, it must succeed and nothing else is asked.",
    )
    files: list[InsidePath] = Field(
        default_factory=list,
        description="Lab files that `command` needs; hidden from agents. Arguments of `command` "
        "that name files of the lab are included.",
    )
    settings: dict[str, Any] = Field(
        default_factory=dict, description="For other kinds: handed to the entry point."
    )

    @property
    def arguments(self) -> dict[str, Any]:
        """What the entry point is made with, besides its name."""
        if self.kind != "margin":
            return dict(self.settings)
        own = {"of", "over", "out_of", "chance", *MARGINS}
        return self.model_dump(include=own, exclude_none=True)

    @model_validator(mode="after")
    def _one_margin(self) -> "GuardTable":
        given = [name for name in MARGINS if getattr(self, name) is not None]
        if self.kind != "margin":
            if given or self.of:
                raise ValueError(f"a guard of kind {self.kind!r} takes its keys in `settings`")
            return self
        if self.settings:
            raise ValueError("`settings` are for guards of another `kind`")
        if not self.of and self.command is None:
            raise ValueError("a guard needs `of`, or a `command` that must succeed")
        if len(given) != (1 if self.of else 0):
            raise ValueError(
                f"a guard needs exactly one of {', '.join(MARGINS)}"
                if self.of
                else f"{given[0]} says nothing without `of`"
            )
        return self

    @model_validator(mode="after")
    def _margin_fits(self) -> "GuardTable":
        downward = self.max_decrease is not None or self.least is not None
        if self.over == "gap" and downward:
            raise ValueError("a gap must not grow: use max_increase, max_ratio or most")
        if self.out_of is None:
            return self
        if self.max_ratio is not None:
            raise ValueError("a share needs max_increase, max_decrease, most or least")
        if not isinstance(self.out_of, str) and self.out_of <= 0:
            raise ValueError("out_of must be above zero")
        for name in MARGINS:
            if not 0 <= (getattr(self, name) or 0.0) < 1:
                raise ValueError(f"with out_of, {name} is a share: from 0 to below 1")
        return self
