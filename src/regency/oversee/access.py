"""What code reaches for beyond computing: files, processes, network, code made at run time, limits.

A reading of names only: code that hides what it does can hide from it, so it informs a reviewer and
never protects anything. The sandbox protects.
"""

from regency.oversee.outline import Outline

# Category → dotted names; a name stands for everything below it, "….x" for a method of any value.
_NAMES = {
    "processes": "subprocess os.system os.popen os.fork os.forkpty os.exec os.spawn os.posix_spawn "
    "os.kill os.killpg multiprocessing concurrent.futures.ProcessPoolExecutor pty signal pdb",
    "network": "socket ssl urllib http requests httpx aiohttp ftplib smtplib imaplib poplib "
    "telnetlib xmlrpc socketserver websockets paramiko asyncio.open_connection "
    "asyncio.start_server",
    "dynamic code": "eval exec compile __import__ importlib runpy ctypes cffi pickle cPickle dill "
    "marshal shelve code codeop types.CodeType types.FunctionType numpy.ctypeslib builtins "
    "__builtins__ globals setattr sys.modules sys.settrace sys.setprofile sys._getframe inspect "
    "gc atexit ….__globals__ ….__subclasses__ ….__code__ ….__reduce__",
    "limits and clocks": "resource os.environ os.getenv os.putenv os.sched_setaffinity os.nice "
    "time.process_time time.perf_counter time.monotonic time.time time.thread_time time.sleep "
    "threading sys.setrecursionlimit sys.setswitchinterval prlimit",
    "files": "open io.open os.open os.remove os.unlink os.rename os.replace os.link os.symlink "
    "os.mkdir os.makedirs os.listdir os.scandir os.walk os.chmod os.truncate shutil tempfile glob "
    "pathlib mmap fileinput zipfile tarfile sqlite3 numpy.load numpy.save numpy.savez "
    "numpy.savez_compressed numpy.loadtxt numpy.savetxt numpy.fromfile numpy.memmap "
    "….tofile ….read_text ….read_bytes ….write_text ….write_bytes ….unlink ….iterdir ….rglob",
}
CATEGORIES = tuple(_NAMES)
_KNOWN = {name: kind for kind, names in _NAMES.items() for name in names.split()}
_PREFIXES = ("os.exec", "os.spawn", "os.posix_spawn")


def category(name: str) -> str:
    """Return what reaching for the dotted ``name`` is, an empty string if nothing special."""
    parts = name.lstrip(".").split(".")
    for length in range(len(parts), 0, -1):
        if kind := _KNOWN.get(".".join(parts[:length])):
            return kind
    if name.startswith(_PREFIXES):
        return "processes"
    return _KNOWN.get(f"….{parts[-1]}", "") if len(parts) > 1 else ""


def reached(before: Outline | None, after: Outline) -> dict[str, list[str]]:
    """Return what ``after`` reaches for more often than ``before``: category → names, sorted."""
    now = after.names + after.calls
    then = before.names + before.calls if before else {}
    fresh = {name for name, count in now.items() if count > then.get(name, 0)}
    fresh |= after.imports - (before.imports if before else set())
    found: dict[str, list[str]] = {}
    for name in sorted(fresh):
        if kind := category(name):
            found.setdefault(kind, []).append(name)
    return {kind: _longest(names) for kind, names in found.items()}


def _longest(names: list[str]) -> list[str]:
    """Drop names of which another is a part: ``os.environ`` where there is ``os.environ.get``."""
    return [n for n in names if not any(other.startswith(n + ".") for other in names)]
