"""Reads what a candidate left behind: digests, declared formats, and numbers that it reports.

Everything here is untrusted data: sizes are capped before reading, files of a declared format are
read in a limited process, and only finite plain numbers come out.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from regency.config import OutputTable
from regency.errors import TrialError
from regency.evaluate import reader_program
from regency.records import Json
from regency.sandbox.companion import Companion

MAX_JSON_BYTES = 1 << 20
_LINE = re.compile(r"^(?:METRIC\s+([\w./-]+)\s*=|([\w./-]+)\s*:)\s*([-+0-9.eE]+|nan|inf|-inf)\s*$")


class Reader:
    """Holds outputs against what the lab says they are, before anything else reads them."""

    def __init__(self, outputs: Sequence[OutputTable], max_bytes: int) -> None:
        """Take ``[[outputs]]`` and the size of the largest output; starts nothing yet."""
        self._specs = {
            table.name: {**table.model_dump(), "max_bytes": max_bytes} for table in outputs
        }
        self._companion = Companion(Path(str(reader_program.__file__)))

    def check(self, name: str, path: Path) -> None:
        """Refuse the output ``name`` at ``path`` if it is not what the lab says.

        Raises:
            TrialError: It is not; the message says why.
        """
        if name in self._specs:
            fault = self._ask({"path": str(path), "spec": self._specs[name]})
            if fault:
                raise TrialError(f"its output {name!r} {fault}")

    def agree(self, name: str, first: Path, second: Path, how: Mapping[str, Json]) -> bool:
        """Return whether two versions of the output ``name`` agree.

        Args:
            name: An output in npy format that the lab describes.
            first: One version.
            second: The other, in the order that it came.
            how: ``tolerance``, and optionally ``rows`` (path of an npy file with the order in
                which the rows of ``first`` are expected) or ``keep`` (axis and length of what is
                compared).

        Raises:
            TrialError: One of them is not what the lab says.
        """
        spec = self._specs[name]
        paths = {"first": str(first), "second": str(second)}
        fault = self._ask({**paths, "spec": spec, **how})
        if fault not in ("", "differs"):
            raise TrialError(f"its output {name!r} {fault}")
        return not fault

    def close(self) -> None:
        """End the limited process."""
        self._companion.close()

    def _ask(self, question: Mapping[str, Json]) -> str:
        return str(self._companion.ask(question)["fault"])


def digest(path: Path) -> str:
    """Return the SHA-256 of the file at ``path``, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def finite(name: str, value: object) -> float:
    """Return ``value`` as a float.

    Raises:
        TrialError: It is no plain number, or not finite: NaN must never win a comparison.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TrialError(f"{name} is {type(value).__name__}, not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise TrialError(f"{name} is {number}, not a finite number")
    return number


def numbers_in_lines(text: str) -> dict[str, float]:
    """Return the numbers in lines ``name: 0.99`` and ``METRIC name=0.99``; the last one counts.

    Raises:
        TrialError: A value is not finite.
    """
    found: dict[str, float] = {}
    for line in text.splitlines():
        if match := _LINE.match(line.strip()):
            name = match[1] or match[2]
            try:
                found[name] = finite(name, float(match[3]))
            except ValueError:
                continue
    return found


def numbers_in_json(text: str) -> dict[str, float]:
    """Return the numbers of the one JSON object in ``text``; other values are left out.

    Numbers of objects in it, such as a metric by group, are named ``metric/group``.

    Raises:
        TrialError: Not one JSON object, nested too deeply, or a number is not finite.
    """
    if len(text) > MAX_JSON_BYTES:
        raise TrialError(f"the result has {len(text)} characters, at most {MAX_JSON_BYTES}")
    try:
        data = json.loads(text, object_pairs_hook=_unique)
        if not isinstance(data, dict):
            raise TrialError("the result is not a JSON object")
        return _unique(_numbers("", data))
    except (ValueError, RecursionError) as error:
        raise TrialError(f"the result is not JSON: {error}") from error


def _numbers(prefix: str, data: Mapping[str, Json]) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for name, value in data.items():
        if isinstance(value, dict):
            found += _numbers(f"{prefix}{name}/", value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found.append((f"{prefix}{name}", finite(f"{prefix}{name}", value)))
    return found


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key comes twice")
    return made
