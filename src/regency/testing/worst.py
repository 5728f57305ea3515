"""Candidates that do their worst, and the one plain outcome that each must get."""

from dataclasses import dataclass

from regency.records import Limits

_SMALL = Limits(memory_bytes=256 << 20, disk_bytes=8 << 20, wall_s=30)
_DISK, _MEMORY = "8,388,608 bytes", "268,435,456 bytes"


@dataclass(frozen=True, slots=True)
class Worst:
    """One of them.

    Attributes:
        name: What it does.
        code: Its program; ``TMP`` is a folder it may write to, ``sys.argv[1]`` a declared output.
        statuses: Of which its outcome must have one.
        words: What the outcome's message must say: the limit that was broken, for instance.
        limits: What it is given.
    """

    name: str
    code: str
    statuses: tuple[str, ...]
    words: str = ""
    limits: Limits = _SMALL


WORST = (
    Worst("hangs", "time.sleep(60)", ("wall",), "0.5 seconds", Limits(wall_s=0.5)),
    Worst(
        "forks without end",
        """
        while True:
            try:
                os.fork()
            except OSError:
                pass
        """,
        ("failed",),
        "3 processes",
        Limits(processes=3, wall_s=20),
    ),
    Worst(
        "fills the disk",
        "while True: open(f'{TMP}/{time.monotonic_ns()}', 'wb').write(bytes(1 << 20))",
        ("disk",),
        _DISK,
    ),
    Worst("maps 100 GB", "mmap.mmap(-1, 100 << 30, mmap.MAP_PRIVATE)", ("memory",), _MEMORY),
    Worst(
        "fills 100 GB", "k = [bytearray(1 << 20) for _ in range(100 << 10)]", ("memory",), _MEMORY
    ),
    Worst(
        "shares 100 GB",
        """
        block = mmap.mmap(-1, 100 << 30)
        while True:
            block.write(bytes(1 << 20))
        """,
        ("memory",),
        _MEMORY,
    ),
    Worst(
        "ignores signals",
        """
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        while True: pass
        """,
        ("cpu",),
        "0.3 CPU-seconds",
        Limits(cpu_s=0.3),
    ),
    Worst(
        "kills its parent",
        """
        for number in (os.getppid() or 1, 1, -1):
            for signum in (15, 9):
                try:
                    os.kill(number, signum)
                except OSError:
                    pass
        sys.exit(3)
        """,
        ("failed",),
        "exit code 3",
    ),
    Worst("kills itself", "os.kill(os.getpid(), 9)", ("failed",), "SIGKILL"),
    Worst(
        "writes to every path",
        """
        for place, _, names in os.walk("/"):
            for path in (place + "/x", *(f"{place}/{name}" for name in names[:3])):
                try:
                    open(path, "ab").write(b"x")
                except OSError:
                    pass
        sys.exit(3)
        """,
        ("failed", "disk"),
    ),
    Worst(
        "prints a gigabyte",
        """
        block = b"x" * (1 << 20)
        for _ in range(1024):
            os.write(1, block)
        sys.exit(3)
        """,
        ("failed",),
        "exit code 3",
    ),
    Worst("claims 7 TB", "open(sys.argv[1], 'wb').truncate(7 << 40)", ("disk",), _DISK),
    Worst("closes everything", "os.closerange(0, 1000); os._exit(3)", ("failed",), "exit code 3"),
    Worst(
        "starts threads without end",
        "while True: threading.Thread(target=time.sleep, args=(60,)).start()",
        ("failed", "wall", "memory"),
        limits=Limits(wall_s=3, memory_bytes=8 << 30),
    ),
)
