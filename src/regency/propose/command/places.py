"""What a program on this machine needs to be shown for it to run inside the sandbox.

Looks at files, starts nothing. Distributions and package managers lay programs out in few ways:
one file, a node module, a script of a Python environment.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from regency.errors import ConfigError

_ALWAYS = ("/usr/lib/git-core", "/usr/share/nodejs")  # what git and Debian's node load at run time
_SHEBANG = re.compile(rb"#!\s*(\S+)(?:\s+(\S+))?")


def needed(program: str, agent: str) -> tuple[str, ...]:
    """Return absolute host paths that ``program`` needs.

    Args:
        program: Name or path, as in a command.
        agent: Whose, for messages.

    Raises:
        ConfigError: It is not there.
    """
    found = shutil.which(program)
    if found is None:
        raise ConfigError(
            f"[agents.{agent}] the program {program!r} is not there. Install it, or give its path."
        )
    paths = [*_ALWAYS, *_of(Path(found).absolute())]
    return tuple(dict.fromkeys(path for path in map(str, paths) if Path(path).exists()))


def _of(program: Path) -> Iterator[Path]:
    yield program
    real = program.resolve()
    modules = [p for p in real.parents if p.name == "node_modules"]
    if modules:
        yield modules[-1]
    yield real
    interpreter = _interpreter(real)
    if interpreter is not None:
        yield interpreter
        yield interpreter.resolve()
        yield from _environment(interpreter.parent.parent)


def _interpreter(script: Path) -> Path | None:
    """Return the program that runs ``script``, None if it is no script."""
    with script.open("rb") as file:
        head = file.read(4096)
    found = _SHEBANG.match(head)
    if found is None:
        return None
    name = found[1].decode(errors="replace")
    if Path(name).name == "env" and found[2]:
        name = shutil.which(found[2].decode(errors="replace")) or name
    if Path(name).name == "sh" and (inner := re.search(rb"'''exec' \"?([^\s\"]+)", head)):
        name = inner[1].decode(errors="replace")  # pip writes this where the path is long
    return Path(name) if Path(name).exists() else None


def _environment(home: Path) -> Iterator[Path]:
    """Yield what is needed of a Python environment; packages by themselves, or they are hidden."""
    settings = home / "pyvenv.cfg"
    if not settings.is_file():
        return
    yield settings
    yield home / "bin"
    yield from home.glob("lib/python3*/site-packages")
    for line in settings.read_text(errors="replace").splitlines():
        key, _, value = line.partition("=")
        base = Path(value.strip()).parent
        if key.strip() == "home" and base not in (Path("/usr"), Path("/")):
            yield base
