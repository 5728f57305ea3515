"""``regency.toml``: its schema, its errors, and nothing about where it lies or who obeys it.

The settings in force come from the ledger's current epoch, not from the working tree; this module
only turns text into a checked `Config`.
"""

import re
import tomllib
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from regency.config.judging import GuardTable, JudgeTable
from regency.config.oversight import Lead, Need, OversightTable, Rule
from regency.config.probing import OutputTable, ProbeTable
from regency.config.sandboxing import SandboxTable, by_the_clock
from regency.config.values import Command, InsidePath, Module, PlainName, Size, Table
from regency.errors import ConfigError
from regency.records import Limits, is_script

__all__ = [
    "Config",
    "GuardTable",
    "JudgeTable",
    "Lead",
    "Need",
    "OutputTable",
    "OversightTable",
    "ProbeTable",
    "Rule",
    "Table",
    "parse",
]


CPU_S, WALL_S = MEASURED = ("cpu_s", "wall_s")  # what the launcher adds and says of time


class LabTable(Table):
    """What the lab is for."""

    name: PlainName = Field(description="Name of the lab, in the ledger and on every page.")
    goal: str = Field(description="One sentence that agents and reviewers read first.")
    brief: InsidePath = Field("program.md", description="Prose for agents, in the lab.")


class ChangeTable(Table):
    """What agents may change."""

    editable: list[InsidePath] = Field(
        min_length=1, description="Files or globs that agents may change; all else is read-only."
    )
    max_changed_lines: int = Field(300, gt=0, description="Most added plus removed lines.")
    max_waiting: int = Field(
        1000, gt=0, description="Most proposals of one agent that may wait to be judged."
    )
    imports: list[Module] = Field(
        default_factory=list,
        description="Modules that a candidate's Python files may newly import, with what is below "
        "them; the lab's own files always, look-ups of modules by name never. Empty: anything. "
        "What trickery must not reach either belongs in `[sandbox] hide` too.",
    )


class DataTable(Table):
    """How the lab's private data is made."""

    command: Command | None = Field(
        None,
        description="Trusted command run once by `regency init`, in the lab's folder; it writes "
        "data below `{private}`. Never seen by agents. With `{leaks}` it is given a JSON file that "
        "lists hidden documents to leave out, since candidates can read them elsewhere. With "
        "`{draw}` it is told which draw to make.",
    )
    draw: int = Field(
        0,
        ge=0,
        description="Which draw of the data is in force. Another number, once approved, has the "
        "command make the data anew with that `{draw}`: a confirm split that was never used.",
    )
    files: list[InsidePath] = Field(
        default_factory=list, description="Lab files the command needs; hidden from agents."
    )

    @model_validator(mode="after")
    def _draws_differ(self) -> "DataTable":
        if self.draw and not any("{draw}" in part for part in self.command or ()):
            raise ValueError("another draw needs a command that is told of it by `{draw}`")
        return self


class PhaseTable(Table):
    """One phase of a run, in a sandbox of its own."""

    name: PlainName = Field(description="Name, for `NAME:OUTPUT` in later phases' inputs.")
    command: Command = Field(
        description="Program and arguments; `{in}`, `{out}` and `{seed}` are filled in. `python` "
        "is the trusted interpreter."
    )
    inputs: list[str] = Field(
        default_factory=list,
        description="Private files it may read (`{split}` is filled in), or `PHASE:OUTPUT`; each "
        "appears under `{in}` by its last name.",
    )
    outputs: list[PlainName] = Field(
        default_factory=list, description="Regular files it must write below `{out}`."
    )
    cpu_s: float | None = Field(None, gt=0, description="CPU limit of this phase, if different.")
    only: Literal["search", "confirm"] | None = Field(
        None,
        description="The one split on which it is run: `confirm` for what is too slow for search, "
        "such as tests that must pass or the answers to a guard's suite.",
    )


class LimitsTable(Table):
    """What each phase may use. Told to the candidate, enforced by the launcher."""

    cpu_s: float | None = Field(None, gt=0, description="CPU-seconds, start-up not counted.")
    preload: list[str] = Field(
        default_factory=list,
        description="Modules whose import counts as start-up, outside the CPU budget.",
    )
    start: Literal["cold", "fork", "auto"] = Field(
        "cold",
        description="`cold`: each phase is a program of its own. `fork`: each is forked from a "
        "process that has imported `preload` already, which saves that time; every command must "
        "then be `python SCRIPT.py …`, and there is no GPU. `auto`: `fork` where the level of "
        "isolation that the machine gives can do it. Fixed for an epoch, which records it.",
    )
    wall_s: float = Field(60, gt=0, description="Wall-clock seconds, then everything is killed.")
    memory: Size = Field(1 << 30, description="Data memory, for example '1GiB'.")
    processes: int = Field(1, gt=0, description="1: new processes are refused, threads allowed.")
    disk: Size = Field(64 << 20, description="All that a phase may write.")
    output: Size = Field(64 << 20, description="Largest declared output.")
    network: bool = Field(default=False, description="Whether candidates may use the network.")

    def of(self, phase: PhaseTable) -> Limits:
        """Return the limits of ``phase``."""
        return Limits(
            cpu_s=phase.cpu_s or self.cpu_s,
            wall_s=self.wall_s,
            memory_bytes=self.memory,
            processes=self.processes,
            disk_bytes=self.disk,
            output_bytes=self.output,
            network=self.network,
        )


class ScoreTable(Table):
    """How a candidate is scored."""

    metric: PlainName = Field(description="Name of the number that counts.")
    goal: Literal["minimize", "maximize"] = Field(description="Which way is better.")
    trust: Literal["blind", "self-reported"] = Field(
        "blind",
        description="`blind`: a scorer outside the sandbox with hidden answers. "
        "`self-reported`: the candidate says, so a human must see every promotion.",
    )
    command: Command | None = Field(
        None,
        description="Trusted scorer outside the sandbox; gets `--out FOLDER --private FOLDER "
        "--split NAME` and prints one JSON object of numbers.",
    )
    files: list[InsidePath] = Field(
        default_factory=list,
        description="Lab files the scorer needs; hidden from agents. Arguments of `command` that "
        "name files of the lab are included.",
    )
    answers: list[str] = Field(
        default_factory=list, description="Private files with answers; never mounted."
    )
    read: str | None = Field(
        None,
        description="For `self-reported`: `stdout` (lines `NAME: VALUE` or `METRIC NAME=VALUE`) "
        "or the name of an output that holds a JSON object.",
    )

    compare: Literal["auto", "difference", "ratio"] = Field(
        "auto",
        description="How scores are compared: by their difference or, as is right for times and "
        "sizes, by their ratio; improvements are then logarithms of ratios (0.03: 3 %). `auto`: "
        "by ratio for `cpu_s` and `wall_s`.",
    )
    bounds: tuple[float, float] | None = Field(
        None,
        description="Smallest and largest possible score, such as [0, 1] for a success rate. "
        "Gate 2 then needs no assumption on how scores are spread.",
    )
    items: int = Field(
        1,
        ge=1,
        description="With `bounds`: how many independent items, such as tasks, one score is the "
        "mean of. The more, the fewer pairs a test takes.",
    )

    @model_validator(mode="after")
    def _bounds_in_order(self) -> "ScoreTable":
        if self.bounds is not None and self.bounds[0] >= self.bounds[1]:
            raise ValueError("bounds must be the smallest score, then a larger one")
        if self.bounds is None and self.items > 1:
            raise ValueError("items says how many shares a score is the mean of: set `bounds` too")
        return self

    @model_validator(mode="after")
    def _one_way(self) -> "ScoreTable":
        if self.trust == "blind" and (self.command is None or self.read is not None):
            raise ValueError("trust = 'blind' needs a scorer: set `command` and drop `read`")
        if self.trust == "self-reported" and (self.read is None) == (self.command is None):
            raise ValueError("trust = 'self-reported' needs either `read` or `command`")
        return self


class MilestoneTable(Table):
    """A score that people reach, and how long that takes them: for `regency measure horizon`."""

    name: PlainName = Field(description="Name of the milestone.")
    score: float = Field(
        allow_inf_nan=False,
        description="The metric's value on the search split that must be reached.",
    )
    human_minutes: float = Field(
        gt=0,
        allow_inf_nan=False,
        description="Minutes that a skilled person needs from the lab's start.",
    )
    source: Literal["baseline", "estimate"] = Field(
        "estimate", description="`baseline`: somebody was timed. `estimate`: nobody was."
    )


class TriesTable(Table):
    """Experiments that agents run by `regency try` before they propose, on the search split."""

    per_agent: int = Field(
        20, ge=0, description="Most trials of one agent between two of its proposals; 0: none."
    )
    per_generation: int = Field(
        2000,
        ge=0,
        description="Most trials of all agents together until the next generation, whatever names "
        "they give.",
    )


class TurnsTable(Table):
    """Whose turn it is to propose, where there are several agents."""

    shares: Literal["learned", "fixed"] = Field(
        "learned",
        description="`learned`: agents whose proposals pay for their trials are asked more, each "
        "at least a tenth of its share; `fixed`: by `[agents] share` alone.",
    )


class ArchiveTable(Table):
    """Which candidate to build on."""

    select: str = Field(
        "greedy",
        description="The parent rule, an entry point of `regency.selectors`: `greedy` builds on "
        "the champion, `score_children` on what scored well and has few children, `clades` on what "
        "has promising descendants, `cells` on the best of each kind.",
    )


class AgentTable(BaseModel):
    """One agent; keys other than these go to its proposer."""

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: str = Field(description="An entry point of `regency.proposers`.")
    share: float = Field(1.0, gt=0, description="Its share of proposals, relative to others.")

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that is the proposer's own."""
        return dict(self.model_extra or {})


class Config(Table):
    """All of ``regency.toml``."""

    lab: LabTable
    change: ChangeTable
    data: DataTable = Field(default_factory=lambda: DataTable.model_validate({}))
    run: list[PhaseTable] = Field(min_length=1)
    outputs: list[OutputTable] = Field(default_factory=list)
    limits: LimitsTable = Field(default_factory=lambda: LimitsTable.model_validate({}))
    sandbox: SandboxTable = Field(default_factory=lambda: SandboxTable.model_validate({}))
    score: ScoreTable
    probes: list[ProbeTable] = Field(default_factory=list)
    judge: JudgeTable = Field(default_factory=lambda: JudgeTable.model_validate({}))
    guards: list[GuardTable] = Field(default_factory=list)
    milestones: list[MilestoneTable] = Field(default_factory=list)
    oversight: OversightTable = Field(default_factory=lambda: OversightTable.model_validate({}))
    tries: TriesTable = Field(default_factory=lambda: TriesTable.model_validate({}))
    turns: TurnsTable = Field(default_factory=lambda: TurnsTable.model_validate({}))
    archive: ArchiveTable = Field(default_factory=lambda: ArchiveTable.model_validate({}))
    agents: dict[PlainName, AgentTable] = Field(default_factory=dict)

    @property
    def together(self) -> bool:
        """Whether the two runs of a pair share their core at the same time."""
        if self.judge.pairs != "auto":
            return self.judge.pairs == "together"
        metered = all(self.limits.of(phase).cpu_s is not None for phase in self.run)
        outside = self.score.trust == "blind" and self.score.metric != WALL_S
        fair = outside or self.score.metric == CPU_S  # by the launcher's clock, whoever reports
        return metered and self.limits.processes == 1 and fair

    def as_opened(self, start: str, level: str) -> "Config":
        """Return the settings as an epoch fixed them when it was opened.

        Args:
            start: ``cold`` or ``fork``.
            level: Level of isolation; no lesser one may be used.
        """
        levels = [name for name in self.sandbox.levels if name <= level]
        return self.model_copy(
            update={
                "limits": self.limits.model_copy(update={"start": start}),
                "sandbox": self.sandbox.model_copy(update={"levels": levels}),
            }
        )

    @model_validator(mode="before")
    @classmethod
    def _devices_count_by_the_clock(cls, data: Any) -> Any:
        return by_the_clock(data) if isinstance(data, dict) else data

    @field_validator("run")
    @classmethod
    def _phases_chain(cls, phases: list[PhaseTable]) -> list[PhaseTable]:
        known: set[str] = set()
        for phase in phases:
            for name in phase.inputs:
                if ":" in name and name not in known:
                    raise ValueError(f"{name!r} is not an output of an earlier phase")
            known |= {f"{phase.name}:{output}" for output in phase.outputs}
        return phases

    @model_validator(mode="after")
    def _forks_run_scripts(self) -> "Config":
        unfit = [p for p in self.run if self.limits.start != "cold" and not is_script(p.command)]
        for phase in unfit:
            raise ValueError(
                f"phase {phase.name!r} runs {' '.join(phase.command[:2])!r}, which cannot be "
                'forked: write its command as "python", "SCRIPT.py", …, or set [limits] start = '
                '"cold"'
            )
        return self

    @model_validator(mode="after")
    def _outputs_are_known(self) -> "Config":
        known = [output for phase in self.run for output in phase.outputs]
        names = [table.name for table in self.outputs]
        for name in names:
            if name not in known:
                raise ValueError(f"no phase has the output {name!r} that [[outputs]] describes")
            if names.count(name) > 1:
                raise ValueError(f"[[outputs]] describes {name!r} twice")
        return self

    @model_validator(mode="after")
    def _probes_fit(self) -> "Config":
        for probe in self.probes:
            if problem := probe.problem(self.run, self.outputs):
                raise ValueError(f"probe {probe.name!r}: {problem}")
            if probe.kind in ("null", "fresh") and self.score.command is None:
                raise ValueError(f"probe {probe.name!r} needs a scorer: set [score] command")
        return self

    @model_validator(mode="after")
    def _phases_run_where_needed(self) -> "Config":
        only = {phase.name: phase.only for phase in self.run}
        for phase in self.run:
            for name in phase.inputs:
                earlier = only.get(name.split(":")[0]) if ":" in name else None
                if earlier not in (None, phase.only):
                    raise ValueError(
                        f"phase {phase.name!r} reads {name!r}, which is there on the split "
                        f"{earlier} only: set only = {earlier!r} for it too"
                    )
        for probe in self.probes:
            if probe.phase is not None and only.get(probe.phase):
                raise ValueError(f"probe {probe.name!r} needs a phase that is always run")
        return self

    @model_validator(mode="after")
    def _guards_have_names(self) -> "Config":
        names = [guard.name for guard in self.guards]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two guards are called {name!r}")
        return self

    @model_validator(mode="after")
    def _answers_stay_private(self) -> "Config":
        for phase in self.run:
            for name in set(phase.inputs) & set(self.score.answers):
                raise ValueError(f"phase {phase.name!r} would read the answers {name!r}")
        return self


def parse(text: str, source: str = "regency.toml") -> Config:
    """Return the checked settings in ``text``.

    Args:
        text: TOML.
        source: Name for messages.

    Raises:
        ConfigError: Not TOML, or not what the schema asks for; the message names file, line, key
            and the fix.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source} is not valid TOML: {error}. Mend that line.") from error
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_explain(error, text, source)) from error


def _explain(error: ValidationError, text: str, source: str) -> str:
    # A misspelt key is both unknown and missing: the unknown one tells more.
    found = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    first = found[0]
    location = [part for part in first["loc"] if part != "[key]"]
    key = ".".join(str(part) for part in location)
    problem = first["msg"].removeprefix("Value error, ")
    fixes = {
        "missing": "add it",
        "extra_forbidden": "no such key: remove it, or check its spelling",
    }
    fix = fixes.get(first["type"], "change it")
    more = len(found) - 1
    tail = f" ({more} more problem{'s' if more > 1 else ''})" if more else ""
    where = f"{source}, line {_line_of(location, text)}"
    return f"{where}: {key or 'the file'}: {problem}; {fix}.{tail}"


def _line_of(location: list[int | str], text: str) -> int:
    """Return the line on which the key at ``location`` stands, or its nearest enclosing table."""
    lines = text.splitlines()
    dotted = "[" + ".".join(str(part) for part in location[:2]) + "]"
    headers = [line.split("#")[0].strip() for line in lines]
    if dotted in headers:  # a sub-table such as [agents.NAME]: nothing above it counts
        above = headers.index(dotted)
        location, lines = location[1:], [""] * above + lines[above:]
    best, start, stop = 1, 0, len(lines)
    for depth, part in enumerate(location):
        if isinstance(part, int):
            continue
        nth = location[depth + 1] if depth + 1 < len(location) else 0
        hits = [n for n in range(start, stop) if _names(lines[n], part)]
        if not hits:
            break
        start = hits[min(nth if isinstance(nth, int) else 0, len(hits) - 1)]
        best = start + 1
        if lines[start].lstrip().startswith("["):
            start += 1
            stop = _end_of_table(lines, start, part)
    return best


def _names(line: str, part: str) -> bool:
    name = re.escape(part)
    header = rf"\s*\[+([\w.\"-]+\.)?\"?{name}\"?(\.[\w.\"-]+)?\]+"
    key = rf"\s*\"?{name}\"?\s*="
    return bool(re.match(f"{header}|{key}", line))


def _end_of_table(lines: list[str], start: int, part: str) -> int:
    """Return where the table that begins above ``start`` ends; its own sub-tables belong to it."""
    own = re.compile(rf"\s*\[+\"?{re.escape(part)}\"?\.")
    later = range(start, len(lines))
    return next(
        (n for n in later if lines[n].lstrip().startswith("[") and not own.match(lines[n])),
        len(lines),
    )
