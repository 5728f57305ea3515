"""The git program: the only home of git processes, kept apart from the user's git settings.

Knows how to start git, what its failures mean, and how to read objects. Knows no repository's
content: see `regency.repo.git`.
"""

import contextlib
import functools
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, cast

from regency.errors import RepositoryError

OLDEST = (2, 30)
_CACHED_OBJECTS = 2048
_CACHED_BYTES = 256 << 10

# The user's hooks, monitors, filters, pagers and signing keys are theirs: none may run or be asked
# for because a program looks at a repository.
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.quotePath=false",
    "commit.gpgSign=false",
    "tag.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.allow=never",
)
_OPTIONS = tuple(word for setting in _SETTINGS for word in ("-c", setting))


def environment(git_dir: str | None = None) -> dict[str, str]:
    """Return a process environment in which git obeys us and not the caller's ``GIT_*``."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "LC_", "LANG"))}
    kept |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0",
             "GIT_NO_REPLACE_OBJECTS": "1", "GIT_ATTR_NOSYSTEM": "1"}  # fmt: skip
    if git_dir:
        # Attributes could hide a change ("-diff"): they are read from the folder that git runs in
        # and from the index, so it runs in its own folder and with no index.
        kept |= {"GIT_DIR": git_dir, "GIT_INDEX_FILE": f"{git_dir}/regency-no-index"}
    return kept


def call(
    arguments: Sequence[str], *, cwd: Path, git_dir: str | None = None, stdin: bytes = b""
) -> bytes:
    """Run git once and return its standard output.

    Args:
        arguments: Everything after ``git``.
        cwd: Where it runs.
        git_dir: The repository, so that nothing in the working tree is looked at; None lets git
            find it from ``cwd``.
        stdin: Given to it.

    Raises:
        RepositoryError: Git is missing, the folder is gone, or git failed.
    """
    try:
        done = subprocess.run(
            ["git", *_OPTIONS, *arguments],
            cwd=cwd, env=environment(git_dir), input=stdin, capture_output=True, check=False,
        )  # fmt: skip
    except OSError as error:
        raise cannot_start(cwd) from error
    if done.returncode:
        raise RepositoryError(_said(done.stderr.decode("utf-8", "replace"), arguments, cwd))
    return done.stdout


@contextlib.contextmanager
def streamed(
    arguments: Sequence[str], *, git_dir: str, stdin: Iterable[bytes] = ()
) -> Iterator[IO[bytes]]:
    """Run git once and give its standard output while it is being written.

    Nothing is fetched: an object that is not there is an error and not a reason to ask a server.

    Args:
        arguments: Everything after ``git``.
        git_dir: The repository.
        stdin: Given to it, all at once.

    Raises:
        RepositoryError: Git is missing, or failed. A reader that stops early is no failure.
    """
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as complaints:
        asked.writelines(stdin)
        asked.seek(0)
        try:
            process = subprocess.Popen(
                ["git", *_OPTIONS, *arguments], cwd=git_dir, stdin=asked, stderr=complaints,
                env=environment(git_dir) | {"GIT_NO_LAZY_FETCH": "1"}, stdout=subprocess.PIPE,
            )  # fmt: skip
        except OSError as error:
            raise cannot_start(Path(git_dir)) from error
        output = cast("IO[bytes]", process.stdout)
        try:
            yield output
            early = bool(output.read(1))
        except BaseException:
            _end(process)
            raise
        if early:
            _end(process)
        elif process.wait():
            complaints.seek(0)
            said = complaints.read().decode("utf-8", "replace")
            raise RepositoryError(_said(said, arguments, Path(git_dir)))


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    cast("IO[bytes]", process.stdout).close()
    process.wait()


def cannot_start(cwd: Path) -> RepositoryError:
    """Return why no process could be started in ``cwd``."""
    if not cwd.is_dir():
        return RepositoryError(f"the folder {cwd} is not there (any more): check the path.")
    return RepositoryError("the git program is not there: install git 2.30 or newer.")


def _said(stderr: str, arguments: Sequence[str], cwd: Path) -> str:
    lines = [line for line in stderr.splitlines() if line.strip()]
    first = (lines or ["no message"])[0].removeprefix("fatal: ").removeprefix("error: ")
    if "dubious ownership" in stderr or "unsafe repository" in stderr:
        return (
            f"{cwd} belongs to another user and git refuses it: if you trust it, run "
            f"`git config --global --add safe.directory {cwd}`."
        )
    if "not a git repository" in stderr:
        return f"{cwd} is not in a git repository: run `git init` there and commit your files."
    if ".lock': File exists" in stderr:
        lock = stderr.partition("create '")[2].partition("'")[0]
        return f"another git process is at work: wait, or if none runs, remove {lock}."
    if "No space left" in stderr:
        return f"the disk of {cwd} is full: free some space and run the command again."
    return f"git {arguments[0]} failed in {cwd}: {first}. Run it by hand to see more."


@functools.cache
def version() -> tuple[int, int]:
    """Return the version of the git program.

    Raises:
        RepositoryError: It is missing or too old.
    """
    if shutil.which("git") is None:
        raise RepositoryError("the git program is not there: install git 2.30 or newer.")
    text = call(["--version"], cwd=Path("/")).decode()
    found = re.search(r"(\d+)\.(\d+)", text)
    numbers = (int(found[1]), int(found[2])) if found else (0, 0)
    if numbers < OLDEST:
        raise RepositoryError(f"{text.strip()} is too old: install git 2.30 or newer.")
    return numbers


class Lasting:
    """A git process that answers many questions, started again when it is gone.

    Args:
        git_dir: The repository.
        arguments: Everything after ``git``.
    """

    def __init__(self, git_dir: str, *arguments: str) -> None:
        self.git_dir, self._arguments = git_dir, arguments
        self.lock = threading.RLock()
        self._owner = 0
        self._process: subprocess.Popen[bytes] | None = None

    def pipes(self) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
        """Return its standard input, output and error, starting it if need be.

        Raises:
            RepositoryError: It cannot be started.
        """
        if self._owner != os.getpid():
            self._process = None  # a fork must not share its parent's pipes
        process = self._process or self._start()
        pipes = (process.stdin, process.stdout, process.stderr)
        return cast("tuple[IO[bytes], IO[bytes], IO[bytes]]", pipes)

    def close(self) -> None:
        """End the process; the next question starts another."""
        with self.lock:
            process, self._process = self._process, None
            if process is None or self._owner != os.getpid():
                return
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                with contextlib.suppress(OSError, AttributeError):
                    cast("IO[bytes]", pipe).close()

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            self._process = subprocess.Popen(
                ["git", *_OPTIONS, *self._arguments], cwd=self.git_dir,
                env=environment(self.git_dir), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise cannot_start(Path(self.git_dir)) from error
        self._owner = os.getpid()
        return self._process


class Objects(Lasting):
    """Reads objects through one lasting ``git cat-file --batch``."""

    def __init__(self, git_dir: str) -> None:
        super().__init__(git_dir, "cat-file", "--batch")
        self._known: OrderedDict[str, tuple[str, bytes]] = OrderedDict()

    def get(self, name: str) -> tuple[str, str, bytes]:
        """Return object id, type and content of ``name``, any revision expression.

        Raises:
            KeyError: There is no such object.
            RepositoryError: Git failed twice.
        """
        with self.lock:
            if name in self._known:
                self._known.move_to_end(name)
                return (name, *self._known[name])
            try:
                found = self._answer(name)
            except (OSError, EOFError):
                found = self._retry(name)
            self._remember(*found)
            return found

    def know(self, oid: str, kind: str, content: bytes) -> None:
        """Take in an object that was just written, so that it need not be read back."""
        with self.lock:
            self._remember(oid, kind, content)

    def forget(self) -> None:
        """Read everything anew from now on."""
        self._known.clear()

    def _retry(self, name: str) -> tuple[str, str, bytes]:
        try:
            return self._answer(name)
        except (OSError, EOFError) as error:
            raise RepositoryError(
                f"git cannot read objects of {self.git_dir}: run `git fsck` there."
            ) from error

    def _answer(self, name: str) -> tuple[str, str, bytes]:
        try:
            return self._ask(name)
        except KeyError:
            raise
        except BaseException:
            self.close()  # an answer left half read would be taken for the next one
            raise

    def _ask(self, name: str) -> tuple[str, str, bytes]:
        ask, answer, _ = self.pipes()
        ask.write(name.encode("utf-8", "surrogateescape") + b"\n")
        ask.flush()
        header = answer.readline()
        if not header:
            raise EOFError
        words = header.decode("utf-8", "replace").split()
        if len(words) != 3 or words[-1] in ("missing", "ambiguous"):
            raise KeyError(name)
        size = int(words[2])
        content = answer.read(size + 1)
        if len(content) != size + 1:
            raise EOFError
        return words[0], words[1], content[:-1]

    def _remember(self, oid: str, kind: str, content: bytes) -> None:
        if len(content) <= _CACHED_BYTES:
            self._known[oid] = (kind, content)
            if len(self._known) > _CACHED_OBJECTS:
                self._known.popitem(last=False)


class References(Lasting):
    """Moves references through one lasting ``git update-ref``: a tenth of the cost of one each."""

    def __init__(self, git_dir: str) -> None:
        super().__init__(git_dir, "update-ref", "--stdin", "-z")

    def move(self, commands: str) -> None:
        """Carry out ``commands`` (in the form of ``-z``) together or not at all.

        Raises:
            RepositoryError: They cannot be carried out.
        """
        with self.lock:
            said = self._try(commands)
            if said == "":
                said = self._try(commands)  # git was gone before it could say anything
            if said is not None:
                raise RepositoryError(_said(said, ["update-ref"], Path(self.git_dir)))

    def _try(self, commands: str) -> str | None:
        """Return what git complained of, None if all went well."""
        try:
            if self._transaction(commands.encode("utf-8", "surrogateescape")):
                return None
            said = self.pipes()[2].read().decode("utf-8", "replace")
        except BaseException:
            self.close()
            raise
        self.close()
        return said

    def _transaction(self, commands: bytes) -> bool:
        ask, answer, _ = self.pipes()
        with contextlib.suppress(BrokenPipeError):
            ask.write(b"start\0" + commands + b"prepare\0commit\0")
            ask.flush()
        return [answer.readline() for _ in range(3)][-1] == b"commit: ok\n"
