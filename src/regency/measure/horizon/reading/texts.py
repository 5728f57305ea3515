"""Files as rows: JSON lines, JSON, CSV and YAML, with limits and plain errors."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from regency.errors import BadInput

Row = Mapping[str, Any]
LARGEST = 1 << 30  # bytes of one file
LARGEST_YAML = 32 << 20  # YAML is read a hundred times slower
DEEPEST = 40


def text_of(path: Path, largest: int = LARGEST) -> str:
    """Return a file's text.

    Raises:
        BadInput: It cannot be read, is too large, or is not UTF-8.
    """
    try:
        if path.stat().st_size > largest:
            raise BadInput(
                f"{path} is over {largest >> 20} MiB. Split it, or give counts per task."
            )
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}. Check the name.") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 text: byte {error.start}. Convert it.") from error


def json_lines(path: Path) -> Iterator[tuple[str, Row]]:
    """Yield where each object stands, as ``FILE line N``, and the object.

    Raises:
        BadInput: A line is no JSON object.
    """
    for number, line in enumerate(text_of(path).splitlines(), 1):
        if line.strip():
            where = f"{path} line {number}"
            yield where, _object(_json(line, where), where)


def csv_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Yield the rows of a CSV file with a header.

    Raises:
        BadInput: A row has more or fewer cells than the header, or there is no row at all.
    """
    reader = csv.DictReader(io.StringIO(text_of(path)), strict=True)
    try:
        for row in reader:
            where = f"{path} line {reader.line_num}"
            if None in row or None in row.values():
                raise BadInput(f"{where} has another number of cells than the header. Mend it.")
            yield where, {name.strip(): value.strip() for name, value in row.items()}
    except csv.Error as error:
        raise BadInput(
            f"{path} is not valid CSV at line {reader.line_num}: {error}. Mend it."
        ) from error


def document(path: Path) -> Any:
    """Return what a JSON or YAML file holds.

    Raises:
        BadInput: It is neither, or hides more than it shows (aliases, deep nesting).
    """
    if path.suffix.lower() in (".yaml", ".yml"):
        return _yaml(text_of(path, LARGEST_YAML), str(path))
    return _json(text_of(path), str(path))


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{where} is not valid JSON: {error}. Mend or remove it.") from error


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _object(value: Any, where: str) -> Row:
    if not isinstance(value, dict):
        raise BadInput(f"{where} is not a JSON object. Each line must be one run.")
    return value


def _yaml(text: str, where: str) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise BadInput(
            f"{where}: YAML needs an extra: pip install 'regency[measure]', or give CSV or JSON."
        ) from error

    loader = yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader
    try:
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent):
                raise BadInput(f"{where} uses YAML aliases, which can blow up. Write it out.")
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > DEEPEST:
                raise BadInput(f"{where} is nested more than {DEEPEST} deep: not a table of runs.")
        return yaml.load(text, Loader=loader)  # noqa: S506  (a safe loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise BadInput(f"{where} is not valid YAML: {said}. Mend it.") from error
