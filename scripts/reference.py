"""Writes docs/reference from the command line and the settings' schema; --check: in step?"""

import sys
import types
import typing
from collections.abc import Iterator
from pathlib import Path

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from regency.cli.main import cli
from regency.config import Config

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
MADE = "<!-- Made by scripts/reference.py; edit the source, then run it. -->\n"
CLI_HEAD = f"""{MADE}
# Command line

`regency COMMAND --help` says the same at a terminal. Every command that needs a lab takes `--dir`.

Exit codes: 0 fine, 1 a finding or a negative answer, 2 input that cannot be used, 3 refused by
policy or sandbox; 130 after Ctrl-C.
"""
CONFIG_HEAD = f"""{MADE}
# regency.toml

Every table and key. A wrong or unknown key is an error that names the line and the fix. What is in
force comes from the ledger's current epoch: an edit takes effect when a human approves it.

Sizes are numbers of bytes or texts such as `"64MiB"`; paths are relative and inside the lab.
"""
MIB = 1 << 20
NAMES = {int: "integer", float: "number", str: "text", bool: "true or false"}


def cli_page() -> str:
    """Return the page on the command line."""
    context = click.Context(cli, info_name="regency")
    return CLI_HEAD + "".join(_commands(cli, context))


def config_page() -> str:
    """Return the page on the settings."""
    return CONFIG_HEAD + "".join(_tables(Config, ""))


def _commands(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            raise SystemExit(f"the command {name} is listed but not there")
        inner = click.Context(command, info_name=name, parent=context)
        yield _command(command, inner)
        if isinstance(command, click.Group):
            yield from _commands(command, inner)


def _command(command: click.Command, context: click.Context) -> str:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    text = " ".join((command.help or "").split())
    options = [p for p in command.params if isinstance(p, click.Option)]
    records = [option.get_help_record(context) for option in options]
    rows = [f"| `{names}` | {_cell(said)} |\n" for names, said in filter(None, records)]
    table = "| option | does |\n| --- | --- |\n" + "".join(rows) if rows else ""
    return f"\n## {context.command_path}\n\n{text}\n\n    {usage}\n\n{table}"


def _tables(table: type[BaseModel], path: str) -> Iterator[str]:
    """Yield a section for ``table`` and for each table in it."""
    scalars, tables = {}, []
    for name, field in table.model_fields.items():
        inner, form = _inner(field.annotation)
        if inner is None:
            scalars[name] = field
        else:
            tables.append((inner, form.format(path=_below(path, name))))
    if path:
        rows = "".join(_row(name, field) for name, field in scalars.items())
        text = " ".join((table.__doc__ or "").split())
        header = path if path.startswith("[") else f"[{path}]"
        columns = "| key | type | default | meaning |\n| --- | --- | --- | --- |\n"
        yield f"\n## `{header}`\n\n{text}\n\n{columns}{rows}"
    for inner, inner_path in tables:
        yield from _tables(inner, inner_path)


def _inner(annotation: object) -> tuple[type[BaseModel] | None, str]:
    """Return the table in a field's annotation, and how its header is written."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, "{path}"
    arguments = typing.get_args(annotation)
    last = arguments[-1] if arguments else None
    if isinstance(last, type) and issubclass(last, BaseModel):
        origin = typing.get_origin(annotation)
        return last, "[[{path}]]" if origin is list else "{path}.NAME"
    return None, ""


def _below(path: str, name: str) -> str:
    return f"{path.strip('[]')}.{name}".lstrip(".")


def _row(name: str, field: FieldInfo) -> str:
    kind = _kind(field.annotation)
    return f"| `{name}` | {kind} | {_default(field)} | {_cell(field.description or '')} |\n"


def _kind(annotation: object) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _kind(arguments[0])
    if origin is typing.Literal:
        return " or ".join(f'`"{value}"`' for value in arguments)
    if origin is list:
        return f"list of {_kind(arguments[0])}"
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_kind(a) for a in arguments if a is not type(None))
    return NAMES.get(annotation, str(annotation)) if isinstance(annotation, type) else "value"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined or value == "":
        return "none"
    if isinstance(value, int) and value >= MIB:
        return f'`"{value // MIB}MiB"`'
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if not isinstance(value, str) else f'`"{value}"`'


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> int:
    """Write both pages, or say which are out of step."""
    pages = {"cli.md": cli_page(), "config.md": config_page()}
    if "--check" in sys.argv[1:]:
        stale = [n for n, t in pages.items() if not _same(FOLDER / n, t)]
        print(
            f"Out of step: {', '.join(stale)}. Run scripts/reference.py." if stale else "In step."
        )
        return bool(stale)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (FOLDER / name).write_text(text)
    print(f"Wrote {', '.join(pages)} in {FOLDER}.")
    return 0


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
