"""Numbers against the kernel's own headers, and filters run by an interpreter of our own."""

import errno
import re
import struct
from pathlib import Path

import pytest

from regency.sandbox import filters, syscalls

HEADERS = {
    "x86_64": [
        Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        Path("/usr/include/asm/unistd_64.h"),
    ],
    "aarch64": [Path("/usr/include/asm-generic/unistd.h")],  # as arch/arm64 includes it
}
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h
ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
NAMESPACES = [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]
THREAD = 0x10000
machines = pytest.mark.parametrize("machine", list(HEADERS))


def header(machine: str) -> dict[str, int]:
    """Return name → number as the kernel's header has it."""
    for path in HEADERS[machine]:
        if path.exists():
            found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\b", path.read_text())
            return {name: int(number) for name, number in found}
    pytest.skip("the kernel's headers are not here (Debian: linux-libc-dev)")


def answer(program: bytes, arch: int, number: int, first: int = 0) -> int:
    """Return what ``program`` answers (seccomp(2), linux/bpf_common.h)."""
    data = struct.pack("IIQQQQQQQ", number, arch, 0, first, 0, 0, 0, 0, 0)
    lines = [struct.unpack_from("HBBI", program, at) for at in range(0, len(program), 8)]
    place, held = 0, 0
    while True:
        code, yes, no, value = lines[place]
        if code == 0x06:  # BPF_RET | BPF_K
            return value
        if code == 0x20:  # BPF_LD | BPF_W | BPF_ABS
            held = struct.unpack_from("I", data, value)[0]
            place += 1
            continue
        met = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
        place += 1 + (yes if met else no)


def become_machine(monkeypatch, machine: str) -> None:
    monkeypatch.setattr(syscalls, "MACHINE", machine)
    monkeypatch.setattr(syscalls, "AUDIT_ARCH", AUDIT[machine])


@machines
def test_every_number_is_that_of_the_kernel(monkeypatch, machine):
    become_machine(monkeypatch, machine)
    official = header(machine)
    names = {*syscalls._OLD, *syscalls._NEW}
    assert len(names) > 70
    ours = {name: syscalls.numbers(name) for name in names}
    assert ours == {name: [official[name]] if name in official else [] for name in names}


@machines
@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize("network", [True, False])
@pytest.mark.parametrize(("pinned", "shared"), [(False, False), (True, True)])
def test_every_call_is_answered_as_meant(monkeypatch, machine, single, network, pinned, shared):
    become_machine(monkeypatch, machine)
    official = header(machine)
    program = filters.build_filter(network=network, single=single, pinned=pinned, shared=shared)
    refused = {*filters._NEVER, *(() if network else filters._NETWORK)}
    refused |= {"fork", "vfork"} if single else set()
    refused |= {"sched_setaffinity"} if pinned else set()
    names = {number: name for name, number in official.items()}
    for number in range(syscalls.NEWEST + 1):
        name = names.get(number, "")
        expected = EPERM if name in refused else ENOSYS if name in filters._ABSENT else ALLOW
        first = 2 if name == "socket" else THREAD if name == "clone" else 0
        assert answer(program, AUDIT[machine], number, first) == expected, (number, name)
    for number in (syscalls.NEWEST + 1, 500, 1000, 1 << 20):
        assert answer(program, AUDIT[machine], number) == ENOSYS


@machines
def test_what_the_first_argument_decides(monkeypatch, machine):
    become_machine(monkeypatch, machine)
    official = header(machine)

    def asked(name: str, first: int, **options: bool) -> int:
        settings = {"network": True, "single": False, "pinned": False, "shared": True} | options
        program = filters.build_filter(**settings)
        return answer(program, AUDIT[machine], official[name], first)

    for flag in NAMESPACES:
        assert asked("clone", flag | 17) == asked("clone", flag | THREAD, single=True) == EPERM
    assert asked("clone", 17) == asked("clone", THREAD, single=True) == ALLOW
    assert asked("clone", 17, single=True) == EPERM
    assert [asked("socket", family) for family in (2, 10, 16)] == [ALLOW] * 3
    assert {asked("socket", family) for family in (1, 17, 38, 40)} == {EPERM}
    assert {asked("socket", family, network=False) for family in (1, 2, 10)} == {EPERM}
    assert asked("prctl", 1) == EPERM
    assert asked("prctl", 1, shared=False) == asked("prctl", 15) == ALLOW


@machines
def test_calls_of_another_architecture_end_the_process(monkeypatch, machine):
    become_machine(monkeypatch, machine)
    program = filters.build_filter(network=True, single=False, pinned=False)
    other = AUDIT["aarch64" if machine == "x86_64" else "x86_64"]
    assert answer(program, other, 0) == answer(program, 0x40000003, 0) == KILL  # i386
    x32 = answer(program, AUDIT[machine], 0x40000000)
    assert x32 == (KILL if machine == "x86_64" else ENOSYS)
