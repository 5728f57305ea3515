"""Builds the root that candidates see, once per spawner, and the part of it that each job adds.

Runs inside the spawner's own mount namespace, so that nothing of it shows on the host. The host's
tree stays reachable below `HOST` for the spawner, and not in the mount namespaces of jobs: their
inits go back for a moment to fetch what a job is shown.
"""

import contextlib
import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regency.sandbox import syscalls
from regency.sandbox.syscalls import ATTR_NODEV, ATTR_NOEXEC, ATTR_NOSUID, ATTR_RDONLY
from regency.sandbox.task import Task

Part = Mapping[str, Any]  # of a plan, see `roots.plan`
HOST = "/.host"
_PROCESSES = "/proc"
_BASE = "/tmp"  # noqa: S108  # any folder that every host has: it is covered, not used
_SCRATCH = "/.scratch"
_EMPTY_FILE, _EMPTY_FOLDER = "/.empty/file", "/.empty/folder"
_DEVICES = ("null", "zero", "full", "random", "urandom")
_READ_ONLY = ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV
_ON_SCRATCH = syscalls.MS_NOSUID | syscalls.MS_NODEV
_ON_PROCESSES = _ON_SCRATCH | syscalls.MS_NOEXEC
_MOST_COPIED = 256 << 20
_BLOCK = 4096


@dataclass(slots=True)
class Owner:
    """As whom candidates run, and how they can read what belongs to the one who started us.

    Attributes:
        uid: User and group id of candidates.
        foreign: Whether that is another one than ours.
        mapped: Owner of host files → descriptor of a user namespace that shows them as ``uid``.
    """

    uid: int
    foreign: bool
    mapped: dict[int, int] = field(default_factory=dict)

    @property
    def foreign_uid(self) -> int | None:
        """The user id to change to, if any."""
        return self.uid if self.foreign else None

    def prepare(self, paths: Sequence[str]) -> bool:
        """Make the mappings that ``paths`` will need; only outside of any job's namespaces.

        Returns:
            Whether there are new ones, which processes that run already do not have.
        """
        if not self.foreign:
            return False
        before = len(self.mapped)
        for owner in {os.stat(path).st_uid for path in paths} - set(self.mapped):  # noqa: PTH116
            with contextlib.suppress(OSError):  # then files are copied instead
                self.mapped[owner] = _make_mapping(owner, self.uid)
        return len(self.mapped) > before


def build_root(plan: Mapping[str, Part], owner: Owner, devices: Sequence[str] = ()) -> None:
    """Make this process' root the minimal one of ``plan`` (see `roots.plan`).

    Args:
        plan: What is shown of the host.
        owner: As whom candidates run.
        devices: Device files of the host that they may use besides the harmless ones.

    Raises:
        OSError: The kernel refuses; the message names the call.
    """
    syscalls.make_private()
    syscalls.mount("tmpfs", _BASE, syscalls.MS_NOSUID, "mode=0755,size=2m,nr_inodes=8192")
    Path(_BASE + HOST).mkdir()
    syscalls.call("pivot_root", _BASE.encode(), (_BASE + HOST).encode())
    os.chdir("/")
    _folders_and_files(owner, devices)
    syscalls.mount("proc", _PROCESSES)  # ours; each job has another one in front of it
    for part in plan.values():
        owner.prepare([HOST + path for path in part["binds"]])
    _add(plan["root"], owner)
    syscalls.protect("/", ATTR_RDONLY | ATTR_NODEV | ATTR_NOSUID, recursive=False)


def _add(part: Part, owner: Owner) -> None:
    for path, target in part["links"].items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            Path(path).symlink_to(target)
    for path in part["binds"]:
        show(HOST + path, path, owner)
    for path in part["covers"]:
        cover(path)


def _folders_and_files(owner: Owner, devices: Sequence[str]) -> None:
    for name in ("lab", "in", "out", "tmp", "proc", "dev", "etc", ".empty/folder", _SCRATCH[1:]):
        Path("/", name).mkdir(parents=True, exist_ok=True)
    Path(_EMPTY_FILE).touch()
    line = f"candidate:x:{owner.uid}:{owner.uid}:candidate:/tmp:/bin/sh\n"
    Path("/etc/passwd").write_text(line)
    Path("/etc/group").write_text(f"candidate:x:{owner.uid}:\n")
    for device in (*(f"/dev/{name}" for name in _DEVICES), *devices):
        _make_place(device, folder=False)
        syscalls.bind(HOST + device, device, ATTR_NOSUID | ATTR_NOEXEC)
    Path("/dev/shm").symlink_to("/tmp")  # noqa: S108  # counts against the disk limit
    Path("/dev/fd").symlink_to("/proc/self/fd")


def prepare_job(late: Part, owner: Owner) -> None:
    """Add to this mount namespace what every job has of its own, and take the host away.

    Args:
        late: Part of the plan that lies below the folders that are made here.
        owner: As whom the candidate runs.

    Raises:
        OSError: The kernel refuses.
    """
    syscalls.mount("tmpfs", _SCRATCH, _ON_SCRATCH, "mode=0755,size=64k")
    for name in ("out", "tmp"):
        folder = f"{_SCRATCH}/{name}"
        os.mkdir(folder, 0o700)  # noqa: PTH102  # one call less, thousands of times
        os.chown(folder, owner.uid, owner.uid)
        syscalls.bind(folder, f"/{name}", ATTR_NOSUID | ATTR_NODEV)
    _add(late, owner)
    syscalls.mount("proc", _PROCESSES, _ON_PROCESSES)
    syscalls.detach(HOST)


@dataclass(frozen=True, slots=True)
class Taken:
    """A file or folder of the host, held by a descriptor: to be put where the host is not.

    Attributes:
        tree: Descriptor, of a mount of its own unless ``copied``.
        folder: Whether it is a folder.
        copied: Whether candidates cannot read it where it is, so that a copy must be shown.
    """

    tree: int
    folder: bool
    copied: bool


def take_job(task: Task, owner: Owner) -> dict[str, Taken]:
    """Take what one job is shown, where the host can be reached.

    Args:
        task: The job.
        owner: As whom the candidate runs.

    Returns:
        Path in the sandbox → what belongs there.

    Raises:
        OSError: A path is missing, or the kernel refuses.
    """
    places = {"/lab": task.files} | {f"/in/{name}": path for name, path in task.inputs.items()}
    return {place: _take(HOST + path, owner, whole=True) for place, path in places.items()}


def build_job(task: Task, owner: Owner, taken: Mapping[str, Taken]) -> None:
    """Add to this mount namespace, which is prepared, what one job needs.

    Args:
        task: The job.
        owner: As whom the candidate runs.
        taken: As `take_job` gave.

    Raises:
        OSError: The kernel refuses.
    """
    if task.inputs:
        syscalls.mount("tmpfs", "/in", syscalls.MS_NOSUID, "mode=0755,size=64m")
    for place, thing in taken.items():
        _put(thing, place, owner)
    for path in task.covers:
        cover(f"/lab/{path}")
    if task.inputs:
        syscalls.protect("/in", _READ_ONLY, recursive=False)
    options = f"size={task.disk_bytes},nr_inodes={1024 + task.disk_bytes // _BLOCK}"
    syscalls.mount("tmpfs", _SCRATCH, _ON_SCRATCH | syscalls.MS_REMOUNT, options)


def copy_job(task: Task, owner: Owner, folder: str) -> None:
    """Put what one job needs below ``folder``, for when there is no root of its own.

    Args:
        task: The job.
        owner: As whom the candidate runs; inputs are copied if that is somebody else.
        folder: Scratch folder.

    Raises:
        OSError: A path is missing, or the disk is full.
    """
    hidden = {f"{task.files}/{path}" for path in task.covers}
    shutil.copytree(
        task.files,
        f"{folder}/lab",
        symlinks=True,
        ignore=lambda place, names: [n for n in names if f"{place}/{n}" in hidden],
    )
    for name in ("in", "out", "tmp"):
        Path(folder, name).mkdir(mode=0o700)
    for name, path in task.inputs.items():
        place = Path(folder, "in", name)
        shutil.copy(path, place) if owner.foreign else place.symlink_to(path)
    if owner.foreign:
        _give([Path(folder), *Path(folder).rglob("*")], owner)


def _give(paths: Sequence[Path], owner: Owner) -> None:
    for path in paths:
        os.chown(path, owner.uid, owner.uid, follow_symlinks=False)


def build_warm(late: Part, owner: Owner, source: str, boot: str) -> None:
    """Make this mount namespace what the warm process sees: no host, no job.

    Args:
        late: As for `build_job`.
        owner: As whom candidates run.
        source: Host folder of this package.
        boot: Folder in which the package is shown, as ``regency``.

    Raises:
        OSError: The kernel refuses.
    """
    syscalls.mount("tmpfs", _BASE, _ON_SCRATCH, "mode=1777,size=64m")
    Path(boot, "regency").mkdir(parents=True)
    syscalls.bind(HOST + source, f"{boot}/regency", _READ_ONLY)
    _add(late, owner)
    syscalls.mount("proc", _PROCESSES, _ON_PROCESSES)
    syscalls.detach(HOST)


def show(source: str, target: str, owner: Owner, *, whole: bool = False) -> None:
    """Show ``source`` read-only at ``target``.

    Args:
        source: File or folder.
        target: Where; made if it is not there.
        owner: Who must be able to read it.
        whole: Whether everything inside must be readable, not only what others may read anyway.

    Raises:
        OSError: It is missing, or the kernel refuses.
    """
    _put(_take(source, owner, whole=whole), target, owner)


def _take(source: str, owner: Owner, *, whole: bool) -> Taken:
    info = os.stat(source)  # noqa: PTH116
    folder = stat.S_ISDIR(info.st_mode)
    needed = 0o005 if folder else 0o004
    readable = not owner.foreign or info.st_mode & needed == needed
    if owner.foreign and (whole or not readable):
        with contextlib.suppress(KeyError, OSError):  # not every file system can do it
            mapped = owner.mapped[info.st_uid]
            return Taken(syscalls.copy_mount(source, _READ_ONLY, mapped), folder, False)
    if readable:
        return Taken(syscalls.copy_mount(source, _READ_ONLY), folder, False)
    return Taken(os.open(source, os.O_PATH | os.O_CLOEXEC), folder, True)


def _put(thing: Taken, target: str, owner: Owner) -> None:
    _make_place(target, folder=thing.folder)
    if not thing.copied:
        syscalls.attach(thing.tree, target)
        return
    try:
        _show_copy(f"{_PROCESSES}/self/fd/{thing.tree}", target, owner, folder=thing.folder)
    finally:
        os.close(thing.tree)


def cover(path: str) -> None:
    """Hide ``path`` below an empty file or folder, if it is there; raises OSError."""
    if Path(path).is_dir():
        syscalls.bind(_EMPTY_FOLDER, path, _READ_ONLY)
    elif Path(path).exists():
        syscalls.bind(_EMPTY_FILE, path, _READ_ONLY)


def _make_place(path: str, *, folder: bool) -> None:
    place = Path(path)
    if place.exists():
        return
    if folder:
        place.mkdir(parents=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()


def _show_copy(source: str, target: str, owner: Owner, *, folder: bool) -> None:
    """Mount a private copy; only for what is small enough to be held in memory."""
    syscalls.mount("tmpfs", _SCRATCH, _ON_SCRATCH, f"mode=0755,size={_MOST_COPIED}")
    try:
        copy = f"{_SCRATCH}/copy"
        shutil.copytree(source, copy, symlinks=True) if folder else shutil.copy(source, copy)
        _give([Path(copy), *Path(copy).rglob("*")], owner)
        syscalls.bind(copy, target, _READ_ONLY)
    finally:
        syscalls.detach(_SCRATCH)


def _make_mapping(inside: int, outside: int) -> int:
    """Return a descriptor of a user namespace that maps ``inside`` to ``outside``."""
    read_end, write_end = os.pipe()
    child = syscalls.clone_process(syscalls.CLONE_NEWUSER)
    if child == 0:
        os.close(write_end)
        os.read(read_end, 1)  # ends when the parent has what it needs
        os._exit(0)
    try:
        home = f"{_PROCESSES}/{child}"
        Path(f"{home}/uid_map").write_text(f"{inside} {outside} 1")
        Path(f"{home}/gid_map").write_text(f"{inside} {outside} 1")
        return os.open(f"{home}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(write_end)
        os.close(read_end)
        os.waitpid(child, 0)
