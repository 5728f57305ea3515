"""The seccomp filter of a candidate: which kernel calls are refused, as a BPF program.

Classic BPF by hand (linux/seccomp.h, linux/bpf_common.h; seccomp(2)), so that no library is
needed. Refusing by list is enough here because the newer half of the table is closed as a whole.
"""

import ctypes
import errno
import struct
from collections.abc import Mapping, Sequence

from regency.sandbox import syscalls

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16
_X32 = 0x40000000
_SET_FILTER, _SPEC_ALLOW = 1, 4
_NEVER = (
    "acct", "add_key", "adjtimex", "bpf", "chroot", "clock_adjtime", "clock_settime",
    "delete_module", "fanotify_init", "finit_module", "fsconfig", "fsmount", "fsopen", "fspick",
    "init_module", "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl",
    "lookup_dcookie", "migrate_pages", "modify_ldt", "mount", "mount_setattr", "move_mount",
    "move_pages", "mq_open", "msgget", "name_to_handle_at", "nfsservctl", "open_by_handle_at",
    "open_tree", "perf_event_open", "personality", "pidfd_getfd", "pivot_root",
    "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace", "quotactl",
    "quotactl_fd", "reboot", "request_key", "semget", "setdomainname", "sethostname", "setns",
    "settimeofday", "shmget", "swapoff", "swapon", "syslog", "umount2", "unshare", "uselib",
    "userfaultfd", "vhangup",
)  # fmt: skip
# Answered as if the kernel did not have them, so that libraries use their older way.
# memfd: memory that neither the memory limit nor the disk limit would see.
_ABSENT = (
    "clone3", "io_uring_enter", "io_uring_register", "io_uring_setup", "memfd_create",
    "memfd_secret",
)  # fmt: skip
_NETWORK = ("accept", "accept4", "bind", "connect", "listen", "socket")
_FAMILIES = (2, 10, 16)  # IPv4, IPv6, netlink: what name look-ups and TCP/UDP need


def build_filter(*, network: bool, single: bool, pinned: bool, shared: bool = False) -> bytes:
    """Return the BPF program.

    Args:
        network: Whether IP sockets are allowed; socket pairs always are, Unix sockets never.
        single: Whether new processes are refused; threads are always allowed.
        pinned: Whether it must stay on its core.
        shared: Whether it shares the process tree, so that it must die with its parent.
    """
    answers = {number: [_answer(_ERRNO | errno.ENOSYS)] for number in syscalls.numbers(*_ABSENT)}
    refused = (
        *_NEVER,
        *(() if network else _NETWORK),
        *(("fork", "vfork") if single else ()),
        *(("sched_setaffinity",) if pinned else ()),
    )
    answers |= {number: [_answer(_ERRNO | errno.EPERM)] for number in syscalls.numbers(*refused)}
    answers[syscalls.numbers("clone")[0]] = _clone(single=single)
    if network:
        answers[syscalls.numbers("socket")[0]] = _first_is(_FAMILIES, allowed=True)
    if shared:
        values = (syscalls.PR_SET_PDEATHSIG,)
        answers[syscalls.numbers("prctl")[0]] = _first_is(values, allowed=False)
    answers[syscalls.NEWEST + 1] = [_answer(_ERRNO | errno.ENOSYS)]
    return _program(answers, last=syscalls.NEWEST + 1)


def install(program: bytes) -> None:
    """Put ``program`` in force for this process and what it starts; raises OSError.

    Needs no_new_privs. Asks for no slow-down against speculation, which would change timings.
    """
    buffer = ctypes.create_string_buffer(program, len(program))
    descriptor = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    syscalls.call("seccomp", _SET_FILTER, _SPEC_ALLOW, descriptor)


_Line = tuple[int, int, int, int]


def _answer(action: int) -> _Line:
    return (_RETURN, 0, 0, action)


def _only_this_machine() -> list[_Line]:
    arch = syscalls.AUDIT_ARCH or 0
    lines = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, arch), _answer(_KILL), (_LOAD, 0, 0, _NUMBER)]
    if syscalls.MACHINE == "x86_64":
        lines += [(_AT_LEAST, 0, 1, _X32), _answer(_KILL)]
    return lines


def _program(answers: Mapping[int, list[_Line]], last: int) -> bytes:
    """Return the program that does ``answers[number]`` and allows what is not among them.

    Args:
        answers: Call → lines, each way through which returns.
        last: Number from which on every call is answered as this one.
    """
    parts: list[tuple[int, list[_Line]]] = []
    for number in range(last + 1):
        lines = answers.get(number, [_answer(_ALLOW)])
        if not parts or parts[-1][1] != lines:
            parts.append((number, lines))
    return b"".join(struct.pack("HBBI", *line) for line in (*_only_this_machine(), *_tree(parts)))


def _tree(parts: Sequence[tuple[int, list[_Line]]]) -> list[_Line]:
    """Return lines that search for the last of ``parts`` that begins at or below the call.

    The kernel walks a program once for every call that exists when it is put in force, so that a
    list costs each trial ten times as much as a tree.
    """
    if len(parts) == 1:
        return parts[0][1]
    middle = len(parts) // 2
    low, high = _tree(parts[:middle]), _tree(parts[middle:])
    return [(_AT_LEAST, len(low), 0, parts[middle][0]), *low, *high]


def _clone(*, single: bool) -> list[_Line]:
    """Return lines that refuse new namespaces, and anything but threads if ``single``."""
    refuse = _answer(_ERRNO | errno.EPERM)
    lines = [(_LOAD, 0, 0, _FIRST_ARGUMENT), (_ANY_BIT, 0, 1, syscalls.CLONE_NEW_ANY), refuse]
    if single:
        lines += [(_ANY_BIT, 1, 0, syscalls.CLONE_THREAD), refuse]
    return [*lines, _answer(_ALLOW)]


def _first_is(values: tuple[int, ...], *, allowed: bool) -> list[_Line]:
    """Return lines that allow, or refuse, a call with one of ``values`` as first argument."""
    answers = [_answer(_ERRNO | errno.EPERM), _answer(_ALLOW)]
    missed, met = answers if allowed else answers[::-1]
    tests = [(_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
    return [(_LOAD, 0, 0, _FIRST_ARGUMENT), *tests, missed, met]
