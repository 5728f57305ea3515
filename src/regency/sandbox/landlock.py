"""Landlock: a second lock on files, TCP, signals and abstract sockets, apart from the mounts.

Values are those of linux/landlock.h; see the kernel's userspace-api/landlock. Knows no jobs.
"""

import os
import stat
import struct
from dataclasses import dataclass

from regency.sandbox import syscalls

_CREATE_VERSION = 1
_RULE_PATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14 | 1 << 15
# Rights on files that each version of the interface added: all of them are handled.
_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_TCP = 3  # bind and connect, since version 4
_SCOPES = 3  # abstract sockets and signals, since version 6


def version() -> int:
    """Return the kernel's Landlock interface version, 0 if it has none in force."""
    try:
        return syscalls.call("landlock_create_ruleset", None, 0, _CREATE_VERSION)
    except OSError:
        return 0


@dataclass(frozen=True, slots=True)
class Paths:
    """What stays reachable; each path with everything below it.

    Attributes:
        read: May be read, and run.
        listed: Folders whose names may be listed, not what is in their files.
        written: May be read and written.
        devices: Device files, or folders of them, that may be read and written.
    """

    read: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()


# With a root of its own: the mounts say what may be read.
ROOT_OF_ITS_OWN = Paths(read=("/",), written=("/out", "/tmp"), devices=("/dev",))  # noqa: S108


def restrict(abi: int, paths: Paths, *, network: bool) -> None:
    """Confine this process for good.

    Args:
        abi: What `version` gave, at least 1.
        paths: What stays reachable; what is missing is left out.
        network: Whether TCP is allowed.

    Raises:
        OSError: The kernel refuses.
    """
    every = sum(bits for since, bits in _RIGHTS.items() if since <= abi)
    net = _TCP if abi >= 4 and not network else 0
    scopes = _SCOPES if abi >= 6 else 0
    layout = struct.pack("QQQ", every, net, scopes)[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    rules = syscalls.call("landlock_create_ruleset", layout, len(layout), 0)
    try:
        for rights, places in (
            (_READ, paths.read),
            (_READ_DIR, paths.listed),
            (_READ | _ON_FILES, paths.devices),
            (every, paths.written),
        ):
            for place in places:
                _allow(rules, place, rights & every)
        syscalls.call("landlock_restrict_self", rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _ON_FILES
        if rights:
            rule = struct.pack("=Qi", rights, place)
            syscalls.call("landlock_add_rule", rules, _RULE_PATH, rule, 0)
    finally:
        os.close(place)
