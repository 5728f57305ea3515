"""Conformance suite for engines of ``regency.sandboxes``: hostile candidates, as real processes.

Subclass `SandboxConformance` in a test module and say how your engine is made::

    class TestMyEngine(SandboxConformance):
        @classmethod
        def make_engine(cls):
            return MyEngine()

Each probe tries to get through and prints ``LEAK`` if it does. Run the suite as the users that
your engine is for; probes that need what the machine lacks prove nothing there.
"""

import contextlib
import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from regency.records import Job, Limits, Outcome
from regency.sandbox import syscalls
from regency.testing.worst import WORST

SECRET = "REGENCY_PROBE_SECRET"  # noqa: S105  # the name of the bait
_TRY = """
import os, socket, sys
TMP = os.environ["TMPDIR"]
def attempt(what, action):
    try:
        action()
    except (OSError, PermissionError) as error:
        print("stopped", what, error)
    else:
        print("LEAK", what)
"""


class Engine(Protocol):
    """What is tested: an engine as `plugins.load` gives it, started."""

    def run(self, job: Job, limits: Limits) -> Outcome:
        """Run one job and wait for it."""

    def close(self) -> None:
        """End everything that the engine started."""

    def __enter__(self) -> Self:
        """Return itself."""

    def __exit__(self, *error: object) -> None:
        """Close."""


class SandboxConformance:
    """What every isolating engine must stop, and what it must measure."""

    engine: ClassVar[Engine]

    @classmethod
    def make_engine(cls) -> Engine:
        """Return a started engine; subclasses must say how."""
        raise NotImplementedError(f"{cls.__name__} must define make_engine")

    @classmethod
    def setup_class(cls) -> None:
        """Start the engine, with a secret in our environment."""
        os.environ[SECRET] = SECRET
        cls.engine = cls.make_engine()

    @classmethod
    def teardown_class(cls) -> None:
        """End it."""
        cls.engine.close()
        del os.environ[SECRET]

    def candidate(self, folder: Path, code: str, *words: str, **limits: Any) -> Outcome:
        """Run ``code`` as a candidate below ``folder``; then check that the next job is well."""
        files = folder / "files"
        files.mkdir(exist_ok=True)
        (files / "probe.py").write_text(_TRY + textwrap.dedent(code))
        outputs = {"fine": str(folder / "fine")} if "{out}/fine" in words else {}
        mounts = Path("/proc/self/mountinfo").read_text()
        job = Job(("python", "probe.py", *words), files=str(files), outputs=outputs)
        result = self.engine.run(job, Limits(**limits))
        (files / "after.py").write_text("print('well')")
        after = self.engine.run(Job(("python", "after.py"), str(files)), Limits())
        assert (after.status, after.stdout) == ("ok", "well\n"), after
        assert Path("/proc/self/mountinfo").read_text() == mounts
        return result

    def stopped(self, folder: Path, code: str, *words: str, **limits: Any) -> Outcome:
        """Run ``code`` and check that everything it attempted was stopped."""
        result = self.candidate(folder, code, *words, **limits)
        assert "LEAK" not in result.stdout, result.stdout
        assert "stopped" in result.stdout, result
        return result

    def test_private_file_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "answers").write_text(SECRET)
        code = "attempt('read', lambda: open(sys.argv[1]))"
        self.stopped(tmp_path, code, str(tmp_path / "answers"))

    def test_files_in_home_cannot_be_read(self, tmp_path: Path) -> None:
        names = [str(p) for p in Path.home().iterdir() if p.is_file()] or ["/etc/shadow"]
        code = "for name in sys.argv[1:]: attempt(name, lambda: open(name))"
        self.stopped(tmp_path, code, *names)

    def test_nothing_outside_can_be_written(self, tmp_path: Path) -> None:
        code = """
        places = ["/", "/lab", "/in", "/etc", "/usr", "/usr/lib", "/dev", "/proc/sys/kernel",
                  sys.prefix, sys.base_prefix, "/var/tmp", "/root", "/home", sys.argv[1]]
        for place in places:
            attempt(place, lambda: open(place + "/regency-probe", "w"))
            attempt(place, lambda: os.mkdir(place + "/regency-probe-folder"))
        attempt("own code", lambda: open(__file__, "a"))
        attempt("beside it", lambda: open(os.path.dirname(__file__) + "/more", "w"))
        open(sys.argv[2], "w").write("x"), open(TMP + "/fine", "w").write("x")
        """
        assert self.stopped(tmp_path, code, str(tmp_path), "{out}/fine").status == "ok"
        assert not (tmp_path / "regency-probe").exists()

    def test_no_network_and_no_unix_socket(self, tmp_path: Path) -> None:
        name = f"\0regency-{uuid.uuid4()}"
        with _listening(socket.AF_INET, ("127.0.0.1", 0)) as tcp, _short_folder() as folder:
            path = f"{folder}/s"
            with _listening(socket.AF_UNIX, path), _listening(socket.AF_UNIX, name):
                code = """
                port, path, name = int(sys.argv[1]), sys.argv[2], "\\0" + sys.argv[3]
                def reach(family, address, kind=socket.SOCK_STREAM):
                    socket.socket(family, kind).connect(address)
                def send(address):
                    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", address)
                attempt("tcp", lambda: reach(socket.AF_INET, ("127.0.0.1", port)))
                attempt("udp", lambda: send(("127.0.0.1", port)))
                attempt("unix", lambda: reach(socket.AF_UNIX, path))
                attempt("abstract", lambda: reach(socket.AF_UNIX, name))
                attempt("listen", lambda: socket.create_server(("127.0.0.1", 0)))
                a, b = socket.socketpair(); a.send(b"x"); assert b.recv(1) == b"x"
                """
                port = str(tcp.getsockname()[1])
                assert self.stopped(tmp_path, code, port, path, name[1:]).status == "ok"

    def test_other_processes_cannot_be_seen(self, tmp_path: Path) -> None:
        code = """
        found = []
        try:
            numbers = list(filter(str.isdigit, os.listdir("/proc")))
        except OSError:
            numbers = []
        for number in [*numbers, os.getppid(), sys.argv[2]]:
            for name in ("cmdline", "environ"):
                try:
                    found.append(open(f"/proc/{number}/{name}", "rb").read())
                except OSError:
                    pass
        print("LEAK" if sys.argv[1].encode()[::-1] in b"".join(found) else "stopped")
        for number in (1, os.getppid(), sys.argv[2]):
            attempt("memory", lambda: open(f"/proc/{number}/mem", "rb").read(1))
            attempt("root", lambda: os.listdir(f"/proc/{number}/root/"))
            attempt("descriptors", lambda: os.listdir(f"/proc/{number}/fd"))
        """
        marker = uuid.uuid4().hex
        with _sleeping(marker) as bait:
            self.stopped(tmp_path, code, marker[::-1], str(bait.pid))

    def test_other_processes_cannot_be_signalled(self, tmp_path: Path) -> None:
        code = """
        for number in (os.getppid(), 1, -1, int(sys.argv[1])):
            for signal in (9, 15, 19):
                attempt(number, lambda: os.kill(number or 1, signal))
        """
        with _sleeping("bait") as bait:
            self.candidate(tmp_path, code, str(bait.pid))
            assert bait.poll() is None

    def test_environment_holds_no_secrets(self, tmp_path: Path) -> None:
        code = "print('LEAK' if sys.argv[1] in os.environ else 'stopped', list(os.environ))"
        self.stopped(tmp_path, code, SECRET)

    def test_no_new_namespaces_or_tracing(self, tmp_path: Path) -> None:
        code = """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        def must(result):
            if result < 0:
                raise OSError(ctypes.get_errno(), "refused")
        attempt("userns", lambda: must(libc.unshare(0x10000000)))
        attempt("mount", lambda: must(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)))
        attempt("ptrace", lambda: must(libc.ptrace(0, 0, 0, 0)))
        if os.getuid():
            attempt("root", lambda: os.setuid(0))
        for word in sys.argv[1:]:
            name, number = word.split("=")
            attempt(name, lambda: must(libc.syscall(int(number), 0, 0, 0, 0, 0)))
        assert ctypes.get_errno() in (1, 38)  # EPERM, ENOSYS: not that zeros are no arguments
        """
        names = ("bpf", "perf_event_open", "keyctl", "add_key", "io_uring_setup", "setns",
                 "userfaultfd", "pivot_root", "kcmp", "shmget", "memfd_create")  # fmt: skip
        words = [f"{name}={number}" for name in names for number in syscalls.numbers(name)]
        self.stopped(tmp_path, code, *words)

    def test_one_huge_mapping(self, tmp_path: Path) -> None:
        result = self.candidate(tmp_path, "b = bytearray(100 << 30)", memory_bytes=512 << 20)
        assert result.status == "memory", result

    def test_memory_of_all_processes_together(self, tmp_path: Path) -> None:
        code = """
        import time
        for _ in range(3):
            if os.fork() == 0:
                break
        block = bytearray(768 << 20)
        for place in range(0, len(block), 4096):
            block[place] = 1
        time.sleep(20)
        """
        result = self.candidate(tmp_path, code, processes=4, memory_bytes=1 << 30, wall_s=20)
        assert result.status == "memory", result

    def test_shared_memory_counts(self, tmp_path: Path) -> None:
        code = """
        import mmap, time
        block = mmap.mmap(-1, 600 << 20)
        for place in range(0, len(block), 4096):
            block[place] = 1
        time.sleep(5)
        """
        result = self.candidate(tmp_path, code, memory_bytes=256 << 20, wall_s=20)
        assert result.status == "memory", result

    def test_fork_bomb(self, tmp_path: Path) -> None:
        code = """
        while True:
            try:
                os.fork()
            except OSError:
                pass
        """
        assert self.candidate(tmp_path, code, processes=4, wall_s=10).status == "failed"

    def test_one_process_means_one(self, tmp_path: Path) -> None:
        code = """
        import subprocess, threading
        attempt("fork", os.fork)
        attempt("spawn", lambda: subprocess.run(["/bin/true"]))
        attempt("posix_spawn", lambda: os.posix_spawn("/bin/true", ["true"], {}))
        thread = threading.Thread(target=print, args=("threads work",))
        thread.start(), thread.join()
        """
        assert "threads work" in self.stopped(tmp_path, code).stdout

    def test_disk_full(self, tmp_path: Path) -> None:
        code = """
        for number in range(100_000):
            open(f"{TMP}/{number}", "wb").write(bytes(1 << 16))
        """
        result = self.candidate(tmp_path, code, disk_bytes=8 << 20)
        assert result.status == "disk", result

    def test_disk_full_of_files_without_names(self, tmp_path: Path) -> None:
        code = """
        import time
        kept = []
        for number in range(400):
            kept.append(open(f"{TMP}/hidden", "wb", buffering=0))
            kept[-1].write(bytes(1 << 16))
            os.unlink(f"{TMP}/hidden")
        time.sleep(5)
        """
        result = self.candidate(tmp_path, code, disk_bytes=8 << 20)
        assert result.status == "disk", result

    def test_the_worst_get_one_outcome_with_its_reason(self, tmp_path: Path) -> None:
        for worst in WORST:
            limits = {name: getattr(worst.limits, name) for name in Limits.__slots__}
            code = "import mmap, signal, threading, time\n" + textwrap.dedent(worst.code)
            result = self.candidate(tmp_path, code, "{out}/fine", **limits)
            assert result.status in worst.statuses, (worst.name, result)
            assert worst.words in result.message, (worst.name, result)
            assert not (tmp_path / "fine").exists(), worst.name
            assert len(result.stdout) < 1 << 20, worst.name

    def test_daemon_after_exit(self, tmp_path: Path) -> None:
        marker = uuid.uuid4().hex
        result = self.candidate(tmp_path, _DAEMON, marker, "0", processes=4)
        assert result.status == "ok"
        assert not _running(marker)

    def test_daemon_after_timeout(self, tmp_path: Path) -> None:
        marker = uuid.uuid4().hex
        result = self.candidate(tmp_path, _DAEMON, marker, "60", processes=4, wall_s=0.5)
        assert result.status == "wall"
        assert not _running(marker)

    def test_ignored_signals_do_not_help(self, tmp_path: Path) -> None:
        code = """
        import signal, time
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        time.sleep(60)
        """
        begin = time.monotonic()
        assert self.candidate(tmp_path, code, wall_s=0.4).status == "wall"
        assert time.monotonic() - begin < 5

    def test_cpu_is_exact(self, tmp_path: Path) -> None:
        code = """
        import time
        while time.process_time() < 0.4: pass
        print(time.process_time())
        """
        result = self.candidate(tmp_path, code, cpu_s=5)
        assert result.status == "ok"
        assert abs(result.cpu_s / float(result.stdout) - 1) < 0.05

    def test_cpu_limit(self, tmp_path: Path) -> None:
        code = """
        import threading
        def burn():
            while True: pass
        threading.Thread(target=burn).start()
        burn()
        """
        result = self.candidate(tmp_path, code, cpu_s=0.3)
        assert result.status == "cpu"
        assert 0.3 < result.cpu_s < 0.5

    def test_a_flood_of_output_is_cut(self, tmp_path: Path) -> None:
        code = """
        sys.stdout.write("first")
        for _ in range(100): sys.stdout.write("x" * (1 << 20))
        sys.stdout.write("last")
        """
        result = self.candidate(tmp_path, code)
        assert result.status == "ok"
        assert len(result.stdout) < 1 << 20
        assert result.stdout.startswith("first")
        assert result.stdout.endswith("last")


_DAEMON = """
import time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        program = "import time; time.sleep(60)"
        os.execv(sys.executable, [sys.executable, "-c", program, sys.argv[1]])
    os._exit(0)
time.sleep(0.2 + float(sys.argv[2]))
"""


def _running(marker: str) -> list[str]:
    found = []
    for path in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if path.name.isdigit() and marker.encode() in (path / "cmdline").read_bytes():
                found.append(path.name)
    return found


@contextlib.contextmanager
def _sleeping(marker: str) -> Iterator[subprocess.Popen[bytes]]:
    """Give a process of ours with ``marker`` in its command line and environment."""
    words = [sys.executable, "-c", "import time; time.sleep(60)", marker]
    with subprocess.Popen(words, env={"BAIT": marker}) as process:
        try:
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def _listening(family: int, address: Any) -> Iterator[socket.socket]:
    with socket.socket(family, socket.SOCK_STREAM) as server:
        server.bind(address)
        server.listen()
        server.settimeout(0.2)
        yield server


@contextlib.contextmanager
def _short_folder() -> Iterator[str]:
    """Give a folder whose name leaves room in a socket's address (108 bytes)."""
    folder = Path("/tmp", f"rg-{os.getpid()}-{threading.get_ident() % 1000}")
    folder.mkdir(mode=0o755, exist_ok=True)
    try:
        yield str(folder)
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
