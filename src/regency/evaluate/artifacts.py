"""Reads what a candidate left behind: digests, and numbers that it reports of itself.

Everything here is untrusted data: sizes are capped before reading, and only finite plain numbers
come out.
"""

import hashlib
import json
import math
import re
from pathlib import Path

from regency.errors import TrialError

MAX_JSON_BYTES = 1 << 20
_LINE = re.compile(r"^(?:METRIC\s+([\w./-]+)\s*=|([\w./-]+)\s*:)\s*([-+0-9.eE]+|nan|inf|-inf)\s*$")


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

    Raises:
        TrialError: Not one JSON object, nested too deeply, or a number is not finite.
    """
    if len(text) > MAX_JSON_BYTES:
        raise TrialError(f"the result has {len(text)} characters, at most {MAX_JSON_BYTES}")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TrialError(f"the result is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise TrialError("the result is not a JSON object")
    return {
        name: finite(name, value)
        for name, value in data.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
