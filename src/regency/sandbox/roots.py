"""Plans what a candidate sees of the host: the interpreter, its libraries, little else.

Pure look-ups on the host; nothing is mounted here.
"""

import fnmatch
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from regency.errors import SandboxError

_SYSTEM = (
    "/usr/bin", "/usr/sbin", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/bin", "/sbin",
    "/lib32", "/lib64", "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
)  # fmt: skip
_LIBRARIES = ("/usr/lib", "/lib")
_MULTIARCH = "*-linux-gnu*"
_FOR_NETWORK = (
    "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/services", "/etc/ssl",
    "/etc/pki", "/etc/ca-certificates", "/usr/share/ca-certificates",
)  # fmt: skip
_PACKAGES = ("site-packages", "dist-packages")
_STDLIBS = ("python3*", "lib/python3*", "lib64/python3*")
_STDLIB_FILES = ("{0}", "{0}.py", "{0}.pyc", "__pycache__/{0}.*.pyc", "lib-dynload/{0}.*so")
_ANEW = ("/tmp",)  # noqa: S108  # as in the template
_OURS = ("/lab", "/in", "/out", "/proc", "/dev", "/sys")
# The interpreter by an absolute path without `..`, which may lead through folders not shown.
PYTHON = os.path.normpath(Path(sys.executable).absolute())
_MOST_HOPS = 40  # as the kernel's own limit on links


def plan(hide: Sequence[str], mounts: Sequence[str], *, network: bool) -> dict[str, object]:
    """Return what every job of one sandbox sees.

    Args:
        hide: Absolute paths, or ``stdlib:NAME``.
        mounts: More absolute host paths.
        network: Whether files that the network needs are included.

    Returns:
        ``root`` and ``late``, each with ``binds``: real host paths to show at the same place,
        shortest first; ``links``: path → target of links that lead there; ``covers``: real paths
        to hide. ``late`` is what lies in the folder that each job gets anew.

    Raises:
        SandboxError: A path cannot be used.
    """
    wanted = [
        *_SYSTEM,
        *_libraries(),
        *(_FOR_NETWORK if network else ()),
        *_interpreter(),
        *_own(mounts),
    ]
    found = [path for path in wanted if os.path.lexists(path)]
    links = dict(link for path in [*found, PYTHON] for link in _links(Path(path)))
    binds = _outermost({str(Path(path).resolve()) for path in found if Path(path).exists()})
    covers = set(_foreign_packages(binds)) | set(_hidden(hide, binds))
    links = {path: to for path, to in links.items() if not _inside(path, binds)}
    return {
        name: {
            "binds": [path for path in binds if _inside(path, _ANEW) is late],
            "links": {path: to for path, to in links.items() if _inside(path, _ANEW) is late},
            "covers": sorted(path for path in covers if _inside(path, _ANEW) is late),
        }
        for name, late in (("root", False), ("late", True))
    }


def devices(patterns: Sequence[str]) -> list[str]:
    """Return the device files that ``patterns`` name, sorted.

    Args:
        patterns: Absolute paths below ``/dev``, with wildcards, such as ``/dev/nvidia*``.

    Raises:
        SandboxError: One names no character device of this machine.
    """
    found: set[str] = set()
    for pattern in patterns:
        inside = pattern.startswith("/dev/") and ".." not in Path(pattern).parts
        paths = Path("/dev").glob(pattern.removeprefix("/dev/")) if inside else ()
        files = {str(path) for path in paths if stat.S_ISCHR(path.lstat().st_mode)}
        if not files:
            raise SandboxError(
                f"[sandbox] devices {pattern!r}: this machine has no such device. Correct it, or "
                "install the device's driver."
            )
        found |= files
    return sorted(found)


def grants(plan: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the paths of ``plan`` for a lock that can only allow: to read, and only to list."""
    read, listed = [], []
    for part in plan.values():
        for path in part["binds"]:
            covers = [cover for cover in part["covers"] if Path(cover).is_relative_to(path)]
            read += list(_around(path, covers)) if covers else [path]
            listed += [path] if covers else []
    return read, listed


def _around(folder: str, covers: Sequence[str]) -> Iterator[str]:
    """Yield what is in ``folder`` but for ``covers``, in pieces as large as possible."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        inside = [cover for cover in covers if Path(cover).is_relative_to(entry.path)]
        if entry.is_symlink() or entry.path in covers:
            continue  # where a link leads is allowed there or not at all
        if inside:
            yield from _around(entry.path, inside)
        else:
            yield entry.path


def hidden_below(covers: Iterable[str], folder: str) -> list[str]:
    """Return the paths of ``covers`` that lie in ``folder``, relative to it."""
    start = folder.rstrip("/") + "/"
    return [path.removeprefix(start) for path in covers if path.startswith(start)]


def _libraries() -> list[str]:
    """Return the folders of shared libraries, without the programs' own folders beside them.

    A distribution without folders per architecture mixes both, and shows all.
    """
    found = []
    for folder in _LIBRARIES:
        own = [str(path) for path in Path(folder).glob(_MULTIARCH) if path.is_dir()]
        found += own or [folder]
    return found


def _interpreter() -> list[str]:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    homes = {sys.base_prefix, sys.base_exec_prefix}
    own = [home for home in homes if home != "/usr"]
    paths = [f"{home}/{name}" for home in own for name in ("bin", "lib", "lib64")]
    if sys.prefix != sys.base_prefix:
        paths.append(sys.prefix)
    paths.append(str(Path(PYTHON).resolve()))
    return [*paths, *(p for home in homes for p in (f"{home}/lib/{version}",))]


def _own(mounts: Sequence[str]) -> list[str]:
    for path in mounts:
        if path in ("/", *_ANEW) or _inside(path, _OURS):
            raise SandboxError(
                f"[sandbox] mounts {path!r} is the sandbox's own. Give another path."
            )
        if not path.startswith("/") or not Path(path).exists():
            raise SandboxError(
                f"[sandbox] mounts {path!r}: there is no such path. Give an existing absolute path."
            )
    return list(mounts)


def _outermost(paths: set[str]) -> list[str]:
    """Return ``paths`` without those that lie below another one."""
    return [p for p in sorted(paths, key=len) if not _inside(p, paths - {p})]


def _inside(path: str, folders: Iterable[str]) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in folders)


def _links(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the links that are passed on the way to ``path``, each with its target."""
    todo, here, hops = list(path.parts[1:]), Path("/"), 0
    while todo and hops < _MOST_HOPS:
        part = todo.pop(0)
        here = here.parent if part == ".." else here / part
        if not here.is_symlink():
            continue
        target = here.readlink()
        yield str(here), str(target)
        hops += 1
        todo = [p for p in target.parts if p != "/"] + todo
        here = Path("/") if target.is_absolute() else here.parent


def _foreign_packages(binds: Sequence[str]) -> Iterator[str]:
    """Yield installed packages of other interpreters than the one that candidates get."""
    mine = [Path(p).resolve() for p in sys.path if Path(p).name in _PACKAGES]
    for stdlib in _stdlibs(binds):
        for name in _PACKAGES:
            folder = stdlib / name
            if folder.is_dir() and folder not in mine:
                yield str(folder)


def _stdlibs(binds: Sequence[str]) -> Iterator[Path]:
    own = Path(sys.prefix).resolve()
    for bind in binds:
        if sys.prefix != sys.base_prefix and own.is_relative_to(bind):
            continue  # a virtual environment: packages only
        if fnmatch.fnmatchcase(Path(bind).name, _STDLIBS[0]):
            yield Path(bind)  # the standard library itself, as of a distribution's own Python
        for pattern in _STDLIBS:
            yield from (p.resolve() for p in Path(bind).glob(pattern) if p.is_dir())


def _hidden(hide: Sequence[str], binds: Sequence[str]) -> Iterator[str]:
    for item in hide:
        kind, _, name = item.partition(":")
        if item.startswith("/"):
            yield str(Path(item).resolve())
        elif kind == "stdlib" and name.isidentifier():
            yield from _of_stdlib(name, binds)
        else:
            raise SandboxError(
                f"[sandbox] hide {item!r}: write an absolute path, or stdlib:NAME for a module "
                "of the standard library."
            )


def _of_stdlib(name: str, binds: Sequence[str]) -> Iterator[str]:
    for folder in _stdlibs(binds):
        for pattern in _STDLIB_FILES:
            place = folder / Path(pattern.format(name)).parent
            last = Path(pattern.format(name)).name
            found = place.iterdir() if place.is_dir() else ()
            yield from (str(path) for path in found if fnmatch.fnmatchcase(path.name, last))
