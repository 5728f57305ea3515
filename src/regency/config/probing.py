"""Settings for what candidates hand over: what outputs must be, and which probes are put."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Annotated, Literal, Protocol

from pydantic import Field, model_validator

from regency.config.values import Command, PlainName, Table

Length = Annotated[int, Field(ge=-1)]
Dtype = Literal[
    "float16", "bfloat16", "float32", "float64", "bool", "int8", "int16", "int32", "int64",
    "uint8", "uint16", "uint32", "uint64",
]  # fmt: skip


class Phase(Protocol):
    """What a probe asks of the phases of a run."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def inputs(self) -> list[str]:
        """What it reads."""

    @property
    def outputs(self) -> list[str]:
        """What it writes."""


class OutputTable(Table):
    """What an output must be. It is read in a limited process before the scorer sees it."""

    name: PlainName = Field(description="An output of a phase.")
    format: Literal["json", "npy", "safetensors"] = Field(description="Its file format.")
    dtypes: list[Dtype] = Field(
        default_factory=list, description="Types that its numbers may have; none: any plain type."
    )
    shape: list[Length] | None = Field(
        None, description="For `npy`: length of each axis, -1 for any."
    )
    tensors: dict[str, list[Length]] = Field(
        default_factory=dict, description="For `safetensors`: the shape of each tensor, by name."
    )
    max_elements: int = Field(1 << 26, gt=0, description="Most numbers, or values of a JSON text.")
    finite: bool = Field(default=True, description="Whether NaN and infinities are refused.")

    @model_validator(mode="after")
    def _fits_format(self) -> "OutputTable":
        if self.shape is not None and self.format != "npy":
            raise ValueError("`shape` is for npy files; for safetensors give `tensors`")
        if self.tensors and self.format != "safetensors":
            raise ValueError("`tensors` is for safetensors files; for npy give `shape`")
        if self.dtypes and self.format == "json":
            raise ValueError("JSON has no types of numbers: drop `dtypes`")
        return self


class ProbeTable(Table):
    """A check that winning means improving. A candidate that fails one is invalid."""

    name: PlainName = Field(description="Name, for verdicts.")
    kind: Literal["limit", "repeat", "order", "suffix", "fresh", "null"] = Field(
        description="`limit`: `of` must lie between `least` and `most`, in every trial. `repeat`: "
        "`phase` run again gives the same `output`. `order`: rows of `inputs` in another order "
        "give the same rows of `output` in that order. `suffix`: later `inputs` do not change "
        "earlier `output`. `fresh`: inputs that `command` makes score no worse than by `max_gap`. "
        "`null`: at `init`, an empty program or answer is refused or has `of` between `least` and "
        "`most`. `repeat` to `fresh` are put to candidates in gate 2, and to the champion when it "
        "is calibrated."
    )
    of: str | None = Field(None, description="A number of the scorer, or a measured one.")
    least: float | None = Field(None, description="Smallest value of `of` that is believed.")
    most: float | None = Field(None, description="Largest value of `of` that is believed.")
    phase: PlainName | None = Field(None, description="The phase that is run again.")
    inputs: list[PlainName] = Field(
        default_factory=list,
        description="npy or JSON inputs of `phase` to change, by their last names.",
    )
    output: PlainName | None = Field(None, description="The output of `phase` to compare.")
    tolerance: float = Field(
        0.0, ge=0, description="Largest difference of two numbers that counts as none."
    )
    axis: int = Field(
        1, ge=0, description="For `suffix`: the axis of inputs and output that runs in time."
    )
    shift: int = Field(
        0,
        ge=0,
        description="For `suffix`: 1 if output i may not even depend on input i, only on those "
        "before it.",
    )
    command: Command | None = Field(
        None,
        description="For `fresh`: trusted command that gets `--seed N --split NAME --private "
        "FOLDER --out FOLDER` and writes new inputs and answers, named as below `--private`.",
    )
    max_gap: float | None = Field(
        None, ge=0, description="For `fresh`: how much worse the score may be, metric units."
    )

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> "ProbeTable":
        needed = {
            "limit": ("of",),
            "null": ("of",),
            "repeat": ("phase", "output"),
            "order": ("phase", "inputs", "output"),
            "suffix": ("phase", "inputs", "output"),
            "fresh": ("command", "max_gap"),
        }[self.kind]
        for key in needed:
            if getattr(self, key) in (None, []):
                raise ValueError(f"a probe of kind {self.kind!r} needs `{key}`")
        if "of" in needed and self.least is None and self.most is None:
            raise ValueError(f"a probe of kind {self.kind!r} needs `least` or `most`")
        return self

    def problem(self, phases: Sequence[Phase], outputs: Sequence[OutputTable]) -> str:
        """Return what does not fit the rest of the settings, empty if all does."""
        if self.phase is None:
            return ""
        phase = next((phase for phase in phases if phase.name == self.phase), None)
        if phase is None:
            return f"there is no phase {self.phase!r}"
        if self.output not in phase.outputs:
            return f"phase {self.phase!r} has no output {self.output!r}"
        names = {PurePosixPath(name.split(":")[-1]).name for name in phase.inputs}
        if missing := set(self.inputs) - names:
            return f"phase {self.phase!r} has no input {min(missing)!r}"
        formats = [table.format for table in outputs if table.name == self.output]
        if formats not in (["npy"], ["json"]) and (self.inputs or self.tolerance):
            return f"describe {self.output!r} in [[outputs]], as npy or json"
        return ""
