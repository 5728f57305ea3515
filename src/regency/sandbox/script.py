"""Runs a Python script in this process as ``python SCRIPT ARGUMENTS…`` would, and ends it.

For processes that were forked with the interpreter already running. What differs from a start of
its own: modules that were imported before stay until the end, and are not taken apart.
"""

import atexit
import builtins
import contextlib
import ctypes
import gc
import io
import os
import signal
import sys
import threading
import types
import weakref
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from typing import Any

_OURS = "regency"
_INTERRUPTED = -256  # no exit code: it ends by the signal, as the interpreter itself does


def forget_ourselves() -> None:
    """Leave no module of ours where the script's own imports would find it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == _OURS]:
        del sys.modules[name]


def keep_finalizers() -> None:
    """Leave alone at the end what was imported up to now: taking it apart costs up to 60 ms."""
    for finalizer in list(weakref.finalize._registry):  # type: ignore[attr-defined]  # noqa: SLF001
        finalizer.atexit = False


def reseed() -> None:
    """Give what drew its seed from the kernel before the fork another one.

    ``random`` does so itself; what starts from a constant (torch) starts from it as ever.
    """
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def rehearse() -> None:
    """Go once through what `run_script` does, so that its pages are copied before time counts."""
    exec(compile(b"", "", "exec"), _main_module("").__dict__)  # noqa: S102
    gc.collect()
    _flush_files()
    _flush_streams()


def run_script(words: Sequence[str], interpreter: Sequence[str]) -> None:
    """Run ``words`` (a script and its arguments) as the main module; never returns.

    Args:
        words: Path of the script and arguments.
        interpreter: The interpreter with its options, for ``sys.orig_argv``.
    """
    before = set(sys.modules)
    sys.argv[:] = words
    sys.orig_argv[:] = [*interpreter, *words]
    code = _finish(_run(words[0]), set(sys.modules) - before)
    if code == _INTERRUPTED:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(code & 0xFF)


def _run(path: str) -> int:
    sys.path.insert(0, os.path.dirname(os.path.realpath(path)))  # noqa: PTH120
    main = _main_module(os.path.join(os.getcwd(), path))  # noqa: PTH109, PTH118
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            source = file.read()
    except OSError as error:
        reason = f"[Errno {error.errno}] {error.strerror}"
        sys.stderr.write(f"{sys.executable}: can't open file {main.__file__!r}: {reason}\n")
        return 2
    try:
        exec(compile(source, str(main.__file__), "exec"), main.__dict__)  # noqa: S102
    except SystemExit as end:
        return _code_of(end)
    except BaseException:  # noqa: BLE001  # whatever it was, it ends here as it would anywhere
        return _show_error()
    return 0


def _main_module(path: str) -> types.ModuleType:
    main = types.ModuleType("__main__")
    loader = SourceFileLoader("__main__", path)
    main.__dict__.update(
        __file__=path, __loader__=loader, __builtins__=builtins, __cached__=None, __annotations__={}
    )
    main.__spec__ = None
    sys.modules["__main__"] = main
    return main


def _code_of(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    sys.stderr.write(f"{end.code}\n")
    return 1


def _show_error() -> int:
    error = sys.exception()
    if error is not None and error.__traceback__ is not None:
        own = error.__traceback__.tb_next  # without our own frame
        sys.excepthook(type(error), error.with_traceback(own), own)
    return _INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1


def _finish(code: int, new: set[str]) -> int:
    """Do what the interpreter does at its end (Py_FinalizeEx), but for what was there before."""
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001  # waits for threads
    atexit._run_exitfuncs()  # noqa: SLF001  # nothing public does both
    with contextlib.suppress(BaseException):
        for name in ("__main__", *sorted(new)):
            module: Any = sys.modules.get(name)
            if isinstance(module, types.ModuleType):
                module.__dict__.clear()
        gc.collect()
        _flush_files()
    return code if _flush_streams() or code else 120


def _flush_files() -> None:
    for thing in gc.get_objects():
        if isinstance(thing, io.TextIOWrapper | io.BufferedWriter | io.BufferedRandom):
            with contextlib.suppress(OSError, ValueError):
                thing.flush()


def _flush_streams() -> bool:
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
        ctypes.CDLL(None).fflush(None)  # what libraries printed
    except (OSError, ValueError, AttributeError):
        return False
    return True
