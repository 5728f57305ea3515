"""Any input, read by what it holds."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from regency.errors import BadInput
from regency.measure.horizon.reading import (
    humans,
    inspect_logs,
    published,
    runs,
    swebench,
    texts,
)
from regency.measure.horizon.reading.gather import Gathered
from regency.measure.horizon.reading.humans import Human
from regency.measure.horizon.records import Runs
from regency.measure.horizon.report import AgentHorizon


@dataclass(frozen=True, slots=True)
class Source:
    """One input: a file or folder, and the name of its agent where the file has none."""

    path: Path
    agent: str = ""

    @staticmethod
    def parse(text: str) -> "Source":
        """Return the source that ``FILE`` or ``NAME=FILE`` means."""
        name, equals, path = text.partition("=")
        if equals and name and not Path(text).exists():
            return Source(Path(path), name)
        return Source(Path(text))


@dataclass(frozen=True, slots=True)
class Help:
    """What inputs need besides themselves.

    Attributes:
        known: Human times by task.
        dates: Release dates by agent.
        continuous: Whether to take fractional scores.
    """

    known: Mapping[str, Human] = field(default_factory=dict)
    dates: Mapping[str, dt.date] = field(default_factory=dict)
    continuous: bool = False


def read(sources: Sequence[Source], given: Help) -> tuple[Runs | None, list[AgentHorizon]]:
    """Return the runs in all sources, and the horizons that others computed.

    Raises:
        BadInput: Something cannot be used; the message names file, line and the fix.
    """
    reader = _Reader(given)
    for source in sources:
        reader.take(source)
    runs_found = None if reader.made.empty else reader.made.runs(given.dates)
    return runs_found, reader.horizons


class _Reader:
    """Takes one source after another."""

    def __init__(self, given: Help) -> None:
        self.given = given
        self.made = Gathered()
        self.horizons: list[AgentHorizon] = []

    def take(self, source: Source) -> None:
        path, kind = source.path, source.path.suffix.lower()
        if path.is_dir():
            logs = inspect_logs.logs_in(path)
            if not logs:
                raise BadInput(f"{path} is no lab, and holds no .eval logs. Name a file.")
            self._logs(logs, source)
        elif kind == ".eval":
            self._logs([path], source)
        elif kind in (".jsonl", ".ndjson"):
            self._rows(texts.json_lines(path), source)
        elif kind == ".csv":
            self._table(list(texts.csv_rows(path)), source)
        elif kind in (".json", ".yaml", ".yml"):
            self._document(source)
        else:
            raise BadInput(f"{path}: give .jsonl, .json, .csv, .yaml, .eval, or a lab's folder.")

    def _logs(self, logs: Iterable[Path], source: Source) -> None:
        given = self.given
        for log in logs:
            inspect_logs.gather(
                self.made, log, given.known, agent=source.agent, continuous=given.continuous
            )

    def _table(self, rows: list[tuple[str, texts.Row]], source: Source) -> None:
        if rows and "p50" in rows[0][1]:
            self.horizons += published.from_rows(rows)
        else:
            self._rows(rows, source)

    def _document(self, source: Source) -> None:
        path = source.path
        value = texts.document(path)
        if published.is_published(value):
            self.horizons += published.from_document(value, str(path))
        elif swebench.is_results(value):
            name = source.agent or path.stem
            swebench.gather(self.made, value, name, self.given.known, str(path))
        elif isinstance(value, dict) and {"eval", "version", "status"} <= set(value):
            self._logs([path], source)
        else:
            self._rows(runs.from_document(value, str(path)), source)

    def _rows(self, rows: Iterable[tuple[str, texts.Row]], source: Source) -> None:
        given = self.given
        number = runs.gather(
            self.made, rows, agent=source.agent, known=given.known, continuous=given.continuous
        )
        if not number:
            raise BadInput(
                f"{source.path} has no rows. Give one run, or one task's counts, per row."
            )


def help_from(human: Path | None, dates: Path | None, *, continuous: bool) -> Help:
    """Return what the files that were given besides say.

    Raises:
        BadInput: One of them cannot be used.
    """
    return Help(
        humans.humans(human) if human else {},
        humans.dates(dates) if dates else {},
        continuous,
    )
