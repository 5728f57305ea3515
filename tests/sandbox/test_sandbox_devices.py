"""Devices: those that a lab declares are there, at every level, and no others are."""

import os
from pathlib import Path

import pytest

from regency.errors import SandboxError
from regency.records import Job, Limits
from regency.sandbox.engines import NamespaceSandbox

DECLARED = "/dev/fuse"
CODE = """
import os
for name in ("ptmx", "fuse", "net/tun", "tty", "kmsg", "full"):
    try:
        os.close(os.open(f"/dev/{name}", os.O_RDWR | os.O_NOCTTY))
        print(name)
    except OSError:
        pass
"""


def seen(folder: Path, level: str, devices: list[str]) -> set[str]:
    (folder / "look.py").write_text(CODE)
    try:
        engine = NamespaceSandbox(levels=[level], devices=devices)
    except SandboxError as error:
        pytest.skip(f"level {level} cannot be had here: {error}")
    with engine:
        assert engine.report()["devices"] == devices
        outcome = engine.run(Job(("python", "look.py"), files=str(folder)), Limits())
    assert outcome.status == "ok", outcome
    return set(outcome.stdout.split())


@pytest.mark.skipif(not os.access(DECLARED, os.W_OK), reason="no such device here")
@pytest.mark.parametrize("level", ["A", "B", "C"])
def test_what_is_declared_can_be_used_and_nothing_else(tmp_path: Path, level: str) -> None:
    assert seen(tmp_path, level, []) == {"full"}
    assert seen(tmp_path, level, [DECLARED]) == {"full", "fuse"}


def test_wildcards_are_filled_in() -> None:
    with NamespaceSandbox(devices=["/dev/ful[l]", "/dev/z*"]) as engine:
        assert engine.report()["devices"] == ["/dev/full", "/dev/zero"]


@pytest.mark.parametrize(
    "pattern",
    ["/dev/none", "/etc/passwd", "/dev/../etc/passwd", "/dev/fd", "dev/null", "/dev/loop0"],
)
def test_what_is_no_character_device_is_refused_in_one_line(pattern: str) -> None:
    with pytest.raises(SandboxError, match="this machine has no such device") as caught:
        NamespaceSandbox(devices=[pattern])
    assert "\n" not in str(caught.value)
