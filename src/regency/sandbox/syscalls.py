"""The kernel calls that Python lacks, over ctypes, for x86_64 and aarch64.

Numbers are those of the kernel's own tables (arch/x86/entry/syscalls/syscall_64.tbl and
include/uapi/asm-generic/unistd.h). Knows nothing of jobs or of what is allowed.
"""

import ctypes
import errno
import os
import signal
import struct

# Name → (x86_64, aarch64); None: that architecture has no such call.
_OLD: dict[str, tuple[int | None, int | None]] = {
    "accept": (43, 202), "accept4": (288, 242), "acct": (163, 89), "add_key": (248, 217),
    "adjtimex": (159, 171), "bind": (49, 200), "bpf": (321, 280), "capget": (125, 90),
    "capset": (126, 91),
    "chroot": (161, 51), "clock_adjtime": (305, 266), "clock_settime": (227, 112),
    "clone": (56, 220), "connect": (42, 203), "delete_module": (176, 106),
    "fanotify_init": (300, 262), "finit_module": (313, 273), "fork": (57, None),
    "init_module": (175, 105), "ioperm": (173, None), "iopl": (172, None), "kcmp": (312, 272),
    "kexec_file_load": (320, 294), "kexec_load": (246, 104), "keyctl": (250, 219),
    "listen": (50, 201), "lookup_dcookie": (212, 18), "memfd_create": (319, 279),
    "migrate_pages": (256, 238), "modify_ldt": (154, None), "mount": (165, 40),
    "move_pages": (279, 239), "mq_open": (240, 180), "msgget": (68, 186),
    "name_to_handle_at": (303, 264), "nfsservctl": (180, 42), "open_by_handle_at": (304, 265),
    "perf_event_open": (298, 241), "personality": (135, 92), "pivot_root": (155, 41),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "prctl": (157, 167),
    "ptrace": (101, 117),    "quotactl": (179, 60), "reboot": (169, 142), "request_key": (249, 218),
    "sched_setaffinity": (203, 122), "seccomp": (317, 277), "semget": (64, 190),
    "setdomainname": (171, 162), "sethostname": (170, 161), "setns": (308, 268),
    "settimeofday": (164, 170), "shmget": (29, 194), "socket": (41, 198), "swapoff": (168, 225),
    "swapon": (167, 224), "syslog": (103, 116), "umount2": (166, 39), "unshare": (272, 97),
    "uselib": (134, None), "userfaultfd": (323, 282), "vfork": (58, None), "vhangup": (153, 58),
}  # fmt: skip
# Since Linux 5.0 both architectures share their numbers.
_NEW = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "clone3": 435, "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442,
    "quotactl_fd": 443, "landlock_create_ruleset": 444, "landlock_add_rule": 445,
    "landlock_restrict_self": 446, "memfd_secret": 447,
}  # fmt: skip
NEWEST = 462  # mseal, Linux 6.10: later calls are not known here
MACHINE = os.uname().machine
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}.get(MACHINE)

MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_REMOUNT = 0x20
MS_REC, MS_PRIVATE = 0x4000, 1 << 18
MNT_DETACH = 2
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV, ATTR_NOEXEC = 1, 2, 4, 8
ATTR_IDMAP = 0x100000
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
CLONE_THREAD = 0x10000
CLONE_NEW_ANY = 0x7E020000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_READ, PR_CAPBSET_DROP = 1, 4, 23, 24
PR_SET_SECUREBITS, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 28, 36, 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2
_CAPABILITY_HEADER = struct.pack("Ii", 0x20080522, 0)  # capget(2): version 3, this process
_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000
_OPEN_TREE_CLONE, _OPEN_TREE_CLOEXEC = 1, os.O_CLOEXEC
_MOVE_MOUNT_F_EMPTY_PATH = 4
# PyDLL keeps the interpreter's lock, which a call that returns in two processes needs.
_libc = ctypes.PyDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def numbers(*names: str) -> list[int]:
    """Return the numbers that ``names`` have on this architecture; absent ones are left out."""
    column = 0 if MACHINE == "x86_64" else 1
    found = [_NEW[name] if name in _NEW else _OLD[name][column] for name in names]
    return [number for number in found if number is not None]


def call(name: str, *args: object) -> int:
    """Make the kernel call ``name``.

    Args:
        name: A name of the tables above.
        args: Integers, bytes (a path or a structure, as pointer) or None.

    Returns:
        What the kernel gave, never negative.

    Raises:
        OSError: The call failed; the message names it.
    """
    ready = [ctypes.c_long(a) if isinstance(a, int) else ctypes.c_char_p(a) for a in args]  # type: ignore[arg-type]
    result = int(_libc.syscall(ctypes.c_long(numbers(name)[0]), *ready))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result


def prctl(option: int, value: int = 0, more: int = 0) -> int:
    """Set or ask for a property of this process; raises OSError."""
    result = int(_libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(more), 0, 0))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl {option}: {os.strerror(code)}")
    return result


def clone_process(namespaces: int) -> int:
    """Fork into new ``namespaces`` (CLONE_NEW* flags); return 0 in the child.

    Only for processes with one thread: the interpreter's own work after a fork is not done.
    """
    return call("clone", namespaces | int(signal.SIGCHLD), 0, 0, 0, 0)


def mount(kind: str, target: str, flags: int = 0, options: str = "") -> None:
    """Mount a file system of ``kind`` at ``target``; raises OSError."""
    name = kind.encode()
    call("mount", name, target.encode(), name, flags, options.encode())


def make_private() -> None:
    """Keep later mounts from spreading out of this mount namespace; raises OSError."""
    call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)


def detach(target: str) -> None:
    """Unmount ``target`` with everything below it; raises OSError."""
    call("umount2", target.encode(), MNT_DETACH)


def protect(target: str, attributes: int, *, recursive: bool = True) -> None:
    """Add mount ``attributes`` (ATTR_*) to ``target``; raises OSError."""
    _set_attributes(_AT_FDCWD, target.encode(), attributes, recursive=recursive)


def bind(source: str, target: str, attributes: int, user_namespace: int = -1) -> None:
    """Show ``source`` at ``target`` too.

    Args:
        source: File or folder.
        target: Existing file or folder, as ``source`` is.
        attributes: ATTR_* to add to the new mount.
        user_namespace: Descriptor of a user namespace whose mapping tells as whose the files
            appear (an id-mapped mount), -1 for none. Mounts below ``source`` are then left out.

    Raises:
        OSError: The kernel or the file system refuses.
    """
    attach(copy_mount(source, attributes, user_namespace), target)


def copy_mount(source: str, attributes: int, user_namespace: int = -1) -> int:
    """Return a descriptor of a mount of ``source`` that is nowhere yet; arguments as for `bind`."""
    mapped = user_namespace >= 0
    flags = _OPEN_TREE_CLONE | _OPEN_TREE_CLOEXEC | (0 if mapped else _AT_RECURSIVE)
    tree = call("open_tree", _AT_FDCWD, source.encode(), flags)
    try:
        _set_attributes(tree, b"", attributes, recursive=not mapped, user=user_namespace)
    except OSError:
        os.close(tree)
        raise
    return tree


def attach(tree: int, target: str) -> None:
    """Put what `copy_mount` gave at ``target``, and close it; raises OSError."""
    try:
        place = target.encode()
        call("move_mount", tree, b"", _AT_FDCWD, place, _MOVE_MOUNT_F_EMPTY_PATH)
    finally:
        os.close(tree)


def _set_attributes(
    folder: int, path: bytes, attributes: int, *, recursive: bool, user: int = -1
) -> None:
    wanted = attributes | (ATTR_IDMAP if user >= 0 else 0)
    structure = struct.pack("QQQQ", wanted, 0, 0, max(user, 0))
    flags = (_AT_RECURSIVE if recursive else 0) | (0 if path else _AT_EMPTY_PATH)
    call("mount_setattr", folder, path, flags, structure, len(structure))


def lock_capabilities() -> None:
    """Make sure that no capability comes back by running a program; raises OSError."""
    number = 0
    try:
        while True:
            if prctl(PR_CAPBSET_READ, number):
                prctl(PR_CAPBSET_DROP, number)
            number += 1
    except OSError as error:
        if error.errno != errno.EINVAL:  # EINVAL: beyond the last capability
            raise
    # capabilities(7), "securebits": uid 0 means nothing, none is kept or raised; all locked.
    # A change of uid must still clear them, so no_setuid_fixup stays off.
    prctl(PR_SET_SECUREBITS, 0b11101011)


def drop_capabilities() -> None:
    """Give up every capability of this process; raises OSError."""
    call("capset", _CAPABILITY_HEADER, b"\0" * 24)


def keep_capabilities() -> None:
    """Let the capabilities of this process outlive the start of a program; raises OSError.

    Needed by a user who is not root inside a user namespace (capabilities(7), "ambient").
    """
    low, high = _use_capabilities(use=True)
    for number in range(64):
        if (low | high << 32) >> number & 1:
            prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, number)


def use_capabilities(*, use: bool) -> None:
    """Put all capabilities that this process may have in force, or none of them; raises OSError."""
    _use_capabilities(use=use)


def _use_capabilities(*, use: bool) -> tuple[int, int]:
    """Return the permitted set, low and high half, which becomes the inheritable one too."""
    buffer = ctypes.create_string_buffer(24)  # twice: effective, permitted, inheritable
    call("capget", _CAPABILITY_HEADER, ctypes.addressof(buffer))
    _, low, _, _, high, _ = struct.unpack("6I", buffer.raw)
    now = (low, high) if use else (0, 0)
    call("capset", _CAPABILITY_HEADER, struct.pack("6I", now[0], low, low, now[1], high, high))
    return low, high
