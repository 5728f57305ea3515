"""Landlock: a second lock on files, TCP, signals and abstract sockets, apart from the mounts.

Values are those of linux/landlock.h; see the kernel's userspace-api/landlock. Knows no jobs.
"""

import contextlib
import os
import struct
from collections.abc import Sequence

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


def restrict(abi: int, writable: Sequence[str], devices: str, *, network: bool) -> None:
    """Confine this process: read anywhere, write only below ``writable`` and into ``devices``.

    Args:
        abi: What `version` gave, at least 1.
        writable: Folders.
        devices: Folder of device files that may be written.
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
        _allow(rules, "/", _READ)
        _allow(rules, devices, (_READ | _ON_FILES) & every)
        for folder in writable:
            _allow(rules, folder, every)
        syscalls.call("landlock_restrict_self", rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    with contextlib.ExitStack() as stack:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        stack.callback(os.close, place)
        syscalls.call("landlock_add_rule", rules, _RULE_PATH, struct.pack("=Qi", rights, place), 0)
