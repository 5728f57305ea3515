"""The warm start: a forked trial is what a cold one is, and knows nothing of the one before."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from regency.config import parse
from regency.errors import ConfigError, SandboxError
from regency.lab import Lab
from regency.lab.lab import Plan
from regency.records import Job, Limits, Outcome
from regency.sandbox.engines import NamespaceSandbox
from toy_lab import SETTINGS, make_toy_lab

FORKED = SETTINGS.replace("cpu_s = 5", 'cpu_s = 5\nstart = "fork"\npreload = ["json"]')


@pytest.fixture(scope="module")
def warm():
    with NamespaceSandbox(start="fork", preload=["numpy", "numpy.random"]) as engine:
        yield engine


@pytest.fixture(scope="module")
def cold():
    with NamespaceSandbox() as engine:
        yield engine


def run(engine, folder: Path, code: str, limits: Limits | None = None, **job) -> Outcome:
    files = folder / "files"
    files.mkdir(exist_ok=True)
    (files / "code.py").write_text(textwrap.dedent(code))
    command = ("python", "code.py", "one", "two words")
    return engine.run(Job(command, str(files), **job), limits or Limits())


def test_a_forked_program_sees_what_a_cold_one_sees(cold, warm, tmp_path):
    code = """
    import __main__, gc, os, resource, signal, socket, sys
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    same = ("Uid", "Gid", "Groups", "NoNewPrivs", "Seccomp", "Seccomp_filters", "CapEff", "CapPrm",
        "CapInh", "CapBnd", "CapAmb", "Umask", "Threads", "SigIgn", "SigBlk", "SigCgt",
        "TracerPid", "NSpid", "NSpgid", "NSsid")
    print(*(status[name] for name in same))
    for line in open("/proc/self/mountinfo"):
        print(*line.replace("master:", "").split()[3:6])
    print(sys.argv, sys.orig_argv, sys.path, sys.flags, sys.executable, sys.prefix)
    print(__file__, __name__, __package__, __spec__, __loader__.path, sorted(vars(__main__)))
    print(os.getcwd(), sorted(os.environ.items()), os.umask(0), os.nice(0))
    print(sorted(os.listdir("/proc/self/fd")), sorted(os.listdir("/")), os.listdir("/tmp"))
    for name in sorted(n for n in dir(resource) if n.startswith("RLIMIT")):
        print(name, resource.getrlimit(getattr(resource, name)))
    print([signal.getsignal(number) for number in signal.Signals])
    print(gc.isenabled(), sys.getrecursionlimit(), hash("text"), sys.stdout.encoding)
    print(sys.stdout.isatty(), sys.stdout.line_buffering, sys.stdout.errors, sys.stdin.read())
    print(os.sched_getaffinity(0), os.getpgrp() == os.getpid(), "regency.sandbox" in sys.modules)
    """
    limits = Limits(cpu_s=2, memory_bytes=300 << 20, disk_bytes=3 << 20)
    first, second = (run(e, tmp_path, code, limits, env={"MORE": "1"}) for e in (cold, warm))
    assert (first.status, second.status) == ("ok", "ok"), second
    assert (first.start, second.start) == ("cold", "fork")
    different = {
        (a, b)
        for a, b in zip(first.stdout.split("\n"), second.stdout.split("\n"), strict=True)
        if a != b
    }
    users = {first.stdout.split()[0], second.stdout.split()[0]}  # a throwaway one for each engine
    for a, b in different:
        for user in users:
            a, b = a.replace(user, "U"), b.replace(user, "U")  # noqa: PLW2901
        assert a == b


POISON = """
import builtins, gc, json, os, sys
import numpy as np
np.dot = np.ones = lambda *a, **k: "poisoned"
np.float64.__doc__, np.pi = "poisoned", 4.0
builtins.len = lambda x: 42
json.dumps = builtins.print
sys.path.insert(0, "/tmp")
sys.modules["math"] = json
os.environ["OMP_NUM_THREADS"] = "7"
sys.setrecursionlimit(77)
open("/tmp/evil.py", "w").write("x = 1")
open("/tmp/numpy.py", "w").write("raise SystemExit('poisoned')")
np.random.seed(5)
for thing in gc.get_objects():
    if isinstance(thing, dict) and "__name__" in thing:
        try:
            thing["poisoned"] = True
        except Exception:
            pass
import ctypes
address = id(1000003) + 24
ctypes.c_int.from_address(id(7) + 24).value = 8
os.close(2)
"""
CLEAN = """
import builtins, json, math, os, sys
import numpy as np
assert np.dot([1.0, 2], [3, 4]) == 11 and np.ones(2).tolist() == [1, 1] and np.pi < 3.2
assert len("abc") == 3 and json.dumps([1]) == "[1]" and math.floor(1.5) == 1
assert "/tmp" not in sys.path and os.environ["OMP_NUM_THREADS"] == "1"
assert sys.getrecursionlimit() == 1000
assert not {"evil.py", "numpy.py"} & set(os.listdir("/tmp"))
assert not any("poisoned" in vars(m) for m in list(sys.modules.values()))
assert int("3") + int("4") == int("7") and str(3 + 4) == "7"
try:
    import evil
except ImportError:
    print("clean")
"""


def test_a_candidate_cannot_poison_the_next(warm, tmp_path):
    poisoned = run(warm, tmp_path, POISON, Limits())
    assert poisoned.start == "fork"
    after = run(warm, tmp_path, CLEAN)
    assert (after.status, after.stdout) == ("ok", "clean\n"), (poisoned, after)


def test_random_numbers_differ_from_trial_to_trial_and_hashes_do_not(warm, tmp_path):
    code = """
    import random, uuid, numpy as np
    print(random.random(), np.random.random(), np.random.default_rng().random(), uuid.uuid4())
    print(hash("text"))
    """
    first, second = (run(warm, tmp_path, code).stdout.split() for _ in range(2))
    assert all(a != b for a, b in zip(first[:4], second[:4], strict=True))
    assert first[4] == second[4]


@pytest.mark.parametrize(
    "code",
    [
        "raise SystemExit(7)",
        "raise SystemExit('words')",
        "raise SystemExit",
        "import sys; sys.exit(-1)",
        "def f():\n    raise ValueError('deep')\nf()",
        "x = = 1",
        "import no_such_module",
        "import os; os._exit(3)",
        "import os; os.abort()",
        "import signal, os; os.kill(os.getpid(), signal.SIGTERM)",
        "raise KeyboardInterrupt",
        "import atexit; atexit.register(print, 'at exit'); print('first', end=' ')",
        """
        import threading, time
        def late():
            time.sleep(0.1); print('late')
        threading.Thread(target=late).start()
        """,
        "import sys; sys.stdout.write('x' * 100_000); sys.stderr.write('unended')",
        "print('héllo', '\\udc80')",
        "class Last:\n    def __del__(self): print('gone')\nlast = Last()",
        "import pickle\nclass C: pass\nprint(type(pickle.loads(pickle.dumps(C()))) is C)",
        "import sys; sys.stdout = None",
        "x = bytearray(1 << 40)",
        "import sys; sys.excepthook = lambda *a: print('hooked', a[0]); 1 / 0",
    ],
)
def test_it_ends_as_a_cold_one_ends(cold, warm, tmp_path, code):
    first, second = (run(engine, tmp_path, code) for engine in (cold, warm))
    for name in ("status", "exit_code", "stdout", "stderr", "message"):
        assert getattr(second, name) == getattr(first, name)


def test_files_that_were_left_open_are_whole(warm, tmp_path):
    code = """
    import own
    kept = open("/out/kept", "w"); kept.write("kept")
    """
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "own.py").write_text("log = open('/out/log', 'wb'); log.write(b'log')")
    outputs = {name: str(tmp_path / name) for name in ("kept", "log")}
    assert run(warm, tmp_path, code, outputs=outputs).status == "ok"
    assert [(tmp_path / name).read_text() for name in outputs] == ["kept", "log"]


def test_a_missing_script_and_other_commands(cold, warm, tmp_path):
    for engine in (cold, warm):
        result = engine.run(Job(("python", "gone.py"), str(tmp_path)), Limits())
        assert (result.status, result.exit_code) == ("failed", 2)
        assert "can't open file '/lab/gone.py': [Errno 2]" in result.stderr
    for command in (("python", "-c", "print(1)"), ("/bin/echo", "1")):
        result = warm.run(Job(command, str(tmp_path)), Limits())
        assert (result.stdout, result.start) == ("1\n", "cold")


def test_cpu_time_is_exact_and_start_up_costs_none_of_it(cold, warm, tmp_path):
    assert warm.startup_cpu_s(["numpy"]) < cold.startup_cpu_s(["numpy"]) / 3
    code = """
    import os, time
    import numpy
    begin = time.process_time()
    while time.process_time() < 0.4: pass
    print(begin, time.process_time())
    """
    result = run(warm, tmp_path, code, Limits(cpu_s=1))
    begin, end = (float(word) for word in result.stdout.split())
    assert begin < 0.05
    assert abs(result.cpu_s / end - 1) < 0.05
    over = run(warm, tmp_path, "while True: pass", Limits(cpu_s=0.2))
    assert over.status == "cpu"
    assert 0.2 < over.cpu_s < 0.4


def test_processes_of_a_forked_one_are_counted_and_ended(warm, tmp_path):
    code = """
    import os, signal, subprocess, time
    print(subprocess.check_output(["echo", "yes"], text=True).strip(), flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    ended, held = os.pipe()
    if os.fork() == 0:
        while time.process_time() < 0.6: pass
        os._exit(0)
    os.close(held)
    os.read(ended, 1)  # at its end, whenever a busy machine comes to that
    """
    result = run(warm, tmp_path, code, Limits(processes=3))
    assert result.stdout == "yes\n"
    assert result.cpu_s > 0.5


def warm_process(engine) -> int:
    """Return the process id of the engine's warm process."""
    below = {engine._process.pid}
    for _ in range(2):
        for path in Path("/proc").iterdir():
            with contextlib.suppress(OSError, IndexError):
                if int((path / "stat").read_text().rpartition(")")[2].split()[1]) in below:
                    below.add(int(path.name))
                    if b"forkserver" in (path / "cmdline").read_bytes():
                        return int(path.name)
    raise AssertionError("no warm process")


def test_a_killed_warm_process_is_replaced_and_nothing_is_left(tmp_path):
    with NamespaceSandbox(start="fork") as engine:
        first = warm_process(engine)
        os.kill(first, signal.SIGKILL)
        assert run(engine, tmp_path, "print(1)").stdout == "1\n"
        second = warm_process(engine)
    end = time.monotonic() + 5
    while any(Path(f"/proc/{number}").exists() for number in (first, second)):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_what_is_hidden_cannot_be_preloaded(tmp_path):
    code = "import sys; print(sys.modules['wave'].__doc__, hasattr(sys.modules['wave'], 'open'))"
    with NamespaceSandbox(start="fork", preload=["wave"], hide=["stdlib:wave"]) as engine:
        assert run(engine, tmp_path, code).stdout == "None False\n"


def test_what_cannot_be_preloaded_is_said():
    with pytest.raises(SandboxError, match=r"'no_such_module' fails.*start = \"cold\""):
        NamespaceSandbox(start="fork", preload=["no_such_module"], unsafe=True)
    with pytest.raises(SandboxError, match="not a module name"):
        NamespaceSandbox(start="fork", preload=["os; evil"])


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (
            "import _thread, time; _thread.start_new_thread(time.sleep, (9,)); time.sleep(0.1)",
            "1 threads",
        ),
        ("import mmap; shared = mmap.mmap(-1, 4096)", "share memory"),
        ("pass", "fit"),
    ],
)
def test_threads_and_shared_memory_are_unfit(prepare, said):
    code = f"{prepare}\nfrom regency.sandbox import forkserver\nforkserver._demand_fit(9)"
    code += "\nprint('fit', flush=True)\nimport os; os._exit(0)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=8
    )
    assert said in done.stdout + done.stderr


def test_an_epoch_keeps_what_it_was_opened_with():
    opened = parse(FORKED.replace('"fork"', '"auto"')).as_opened("fork", "B")
    assert (opened.limits.start, opened.sandbox.levels) == ("fork", ["A", "B"])


def test_settings_name_the_command_that_cannot_be_forked():
    assert parse(FORKED).limits.start == "fork"
    for command in ('["python", "-m", "model"]', '["./model"]', '["python", "{in}/x.py"]'):
        text = FORKED.replace('["python", "model.py", "{seed}", "{out}/result.json"]', command)
        with pytest.raises(ConfigError, match=r"'work' runs .*start = \"cold\""):
            parse(text)


def test_a_lab_with_fork_start_records_it(tmp_path):
    folder = make_toy_lab(tmp_path / "toy", simulated=True, settings=FORKED)
    with Lab.open(folder) as lab:
        lab.run(Plan(workers=1))
        assert lab.epoch.start == "fork"
        trials = lab.store.trials("c0")
        assert trials
        assert {outcome.start for trial in trials for outcome in trial.outcomes} == {"fork"}


def waiting_children() -> list[int]:
    """Return the processes that were forked by a warm process: those of the same command."""
    found: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and b"forkserver.main" in (entry / "cmdline").read_bytes():
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                found[int(entry.name)] = int(fields[1])
    return [child for child, parent in found.items() if parent in found]


@pytest.mark.parametrize("processes", [1, 4])
def test_a_child_that_died_while_it_waited_costs_no_trial(tmp_path, processes):
    limits = Limits(processes=processes)
    with NamespaceSandbox(start="fork") as engine:
        before = set(waiting_children())
        assert run(engine, tmp_path, "print(1)", limits).stdout == "1\n"
        deadline = time.monotonic() + 10
        while not (waiting := set(waiting_children()) - before) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert waiting
        for process in waiting:
            os.kill(process, signal.SIGKILL)
        again = run(engine, tmp_path, "print(2)", limits)
        assert (again.status, again.stdout, again.start) == ("ok", "2\n", "fork")


def test_the_filter_is_that_of_the_task_whatever_came_before(warm, tmp_path):
    code = """
    import os
    try:
        child = os.fork()
    except OSError as error:
        print(error.errno)
    else:
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        print("forked")
    """
    seen = []
    for processes in (1, 3, 3, 1, 1, 3):
        result = run(warm, tmp_path, code, Limits(processes=processes))
        assert result.status == "ok", result
        seen.append(result.stdout)
    assert seen == ["1\n", "forked\n", "forked\n", "1\n", "1\n", "forked\n"]


def test_a_child_that_is_asked_for_too_late_costs_no_trial(tmp_path):
    """The init that asks is ended, for a task of the other kind, before its child is forked."""
    with NamespaceSandbox(start="fork") as engine, ThreadPoolExecutor(1) as threads:
        process = warm_process(engine)
        for number in range(10):
            assert run(engine, tmp_path, "print(1)", Limits(processes=1)).status == "ok"
            os.kill(process, signal.SIGSTOP)  # before the next init asks: it has mounts to make
            later = threads.submit(run, engine, tmp_path, f"print({number})", Limits(processes=3))
            time.sleep(0.05)
            os.kill(process, signal.SIGCONT)
            result = later.result(20)
            assert (result.status, result.stdout, result.start) == ("ok", f"{number}\n", "fork")
        assert warm_process(engine) == process
