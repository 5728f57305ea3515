import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from pathlib import Path

import pytest

from regency.errors import SandboxError
from regency.records import Job, Limits, Outcome
from regency.sandbox import engines
from regency.sandbox.engines import NamespaceSandbox

SOURCE = str(Path(engines.__file__).resolve().parents[2])


@pytest.fixture(scope="module")
def sandbox():
    with NamespaceSandbox() as engine:
        yield engine


def run(engine, folder: Path, code: str, limits: Limits | None = None, **job) -> Outcome:
    files = folder / "files"
    files.mkdir(exist_ok=True)
    (files / "code.py").write_text(textwrap.dedent(code))
    return engine.run(Job(("python", "code.py"), str(files), **job), limits or Limits())


def processes_with(marker: str) -> list[str]:
    found = []
    for path in Path("/proc").iterdir():
        try:
            if path.name.isdigit() and marker.encode() in (path / "cmdline").read_bytes():
                found.append(path.name)
        except OSError:
            continue
    return found


def wait_until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_inputs_outputs_and_words(sandbox, tmp_path):
    data = tmp_path / "data.bin"
    data.write_bytes(b"data")
    data.chmod(0o600)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "own.py").write_text("word = 'own'")
    (tmp_path / "files" / "code.py").write_text(
        "import own, sys; open(sys.argv[2], 'w').write(own.word + open(sys.argv[1]).read())"
    )
    job = Job(
        ("python", "code.py", "{in}/data.bin", "{out}/model"),
        str(tmp_path / "files"),
        {"data.bin": str(data)},
        {"model": str(tmp_path / "taken")},
    )
    result = sandbox.run(job, Limits())
    assert (result.status, result.outputs) == ("ok", {"model": 7})
    assert (tmp_path / "taken").read_text() == "owndata"
    assert stat.S_IMODE((tmp_path / "taken").stat().st_mode) == 0o600
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data.bin", "files", "taken"]


@pytest.mark.parametrize(
    "make",
    [
        "pass",
        "os.symlink('/etc/passwd', '/out/model')",
        "os.mkfifo('/out/model')",
        "os.mkdir('/out/model')",
        "open('/out/a', 'w'); os.link('/out/a', '/out/model')",
        "open('/out/model', 'w').truncate(2000)",
        "os.rmdir('/out') if os.access('/', os.W_OK) else os.symlink('x', '/out/model')",
    ],
)
def test_outputs_that_are_not_taken(sandbox, tmp_path, make):
    target = tmp_path / "taken"
    result = run(
        sandbox,
        tmp_path,
        f"import os; {make}",
        Limits(output_bytes=1000),
        outputs={"model": str(target)},
    )
    assert result.status == "output"
    assert "'model'" in result.message
    assert not target.exists()


def test_a_private_lab_folder_is_readable_inside_only(sandbox, tmp_path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    assert run(sandbox, private, "print(open('code.py').read())").status == "ok"


def test_private_files_of_the_lab(sandbox, tmp_path):
    files = tmp_path / "files"
    files.mkdir(mode=0o700)
    (files / "package").mkdir(mode=0o700)
    (files / "package" / "inner.py").write_text("x = 5")
    (files / "package" / "inner.py").chmod(0o600)
    result = run(sandbox, tmp_path, "from package.inner import x; print(x)")
    assert result.stdout == "5\n", result
    files.chmod(0o755)
    assert run(sandbox, tmp_path, "from package.inner import x; print(x)").stdout == "5\n"


def test_environment(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    code = "import os; print(*sorted(f'{k}={v}' for k, v in os.environ.items()), sep='\\n')"
    lines = run(sandbox, tmp_path, code, Limits(cpu_s=2.5), env={"MORE": "1"}).stdout.split("\n")
    for line in ("REGENCY_CPU_S=2.5", "MORE=1", "HOME=/tmp", "OPENBLAS_CORETYPE=Haswell"):
        assert line in lines


def test_failures_are_told_plainly(sandbox, tmp_path):
    assert run(sandbox, tmp_path, "raise SystemExit(7)").exit_code == 7
    crash = run(sandbox, tmp_path, "import os; os.abort()")
    assert (crash.status, crash.exit_code) == ("failed", -6)
    assert "SIGABRT" in crash.message
    missing = sandbox.run(Job(("no-such-program",), str(tmp_path)), Limits())
    assert missing.status == "missing"
    assert "no-such-program" not in missing.stdout
    gone = sandbox.run(Job(("python",), str(tmp_path), {"x": "/no/such"}), Limits())
    assert gone.status == "refused"
    assert "/no/such" in gone.message
    memory = run(sandbox, tmp_path, "x = bytearray(1 << 40)")
    assert memory.status == "memory"
    with pytest.raises(SandboxError, match="plain file name"):
        sandbox.run(Job(("python",), str(tmp_path), {"../x": "/etc/passwd"}), Limits())


def test_hidden_things(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "answers").write_text("forty-two")
    answers = str(tmp_path / "files" / "answers")
    code = "import json.decoder"
    look = """
    import os, sys
    print(open("/lab/answers").read())
    for root in {p for p in sys.path if "python" in p} | {"/usr/lib"}:
        for folder, _, names in os.walk(root):
            if "site-packages" in folder: continue
            for name in names:
                if "wave" in name.split(".") or "/ensurepip/" in folder + "/":
                    path = f"{folder}/{name}"
                    print(path, os.path.getsize(path)) if os.path.getsize(path) else None
    """
    with NamespaceSandbox(hide=["stdlib:wave", "stdlib:ensurepip", answers]) as engine:
        result = run(engine, tmp_path, look)
        assert (result.status, result.stdout.split()) == ("ok", []), result
        assert run(engine, tmp_path, code).status == "ok"
        asked = run(engine, tmp_path, "print(open('/in/a').read())", inputs={"a": answers})
        assert asked.stdout == "forty-two\n"
    with pytest.raises(SandboxError, match="stdlib:NAME"):
        NamespaceSandbox(hide=["wave"])


def test_mounts(tmp_path):
    extra = tmp_path / "extra"
    extra.mkdir()
    (extra / "word").write_text("seen")
    with NamespaceSandbox(mounts=[str(extra)]) as engine:
        assert (
            run(engine, tmp_path, f"print(open({str(extra / 'word')!r}).read())").stdout == "seen\n"
        )
    with pytest.raises(SandboxError, match="no such path"):
        NamespaceSandbox(mounts=["/no/such"])


def test_start_up_cost_and_report(sandbox):
    assert 0.001 < sandbox.startup_cpu_s(repeats=3) < 1
    assert sandbox.startup_cpu_s(["json.tool", "decimal"], 3) > 0.001
    with pytest.raises(SandboxError, match="no_such_module"):
        sandbox.startup_cpu_s(["no_such_module"])
    with pytest.raises(SandboxError, match="not a module name"):
        sandbox.startup_cpu_s(["os; evil"])
    assert sandbox.report()["level"] == sandbox.level == "A"


def test_a_killed_spawner_leaves_nothing_and_is_restarted(tmp_path):
    marker = uuid.uuid4().hex
    with NamespaceSandbox() as engine:
        results = []
        job = Job(("python", "-c", "import time; time.sleep(2)", marker), str(tmp_path))
        thread = threading.Thread(target=lambda: results.append(engine.run(job, Limits())))
        thread.start()
        wait_until(lambda: processes_with(marker))
        first = processes_with(marker)
        os.kill(engine._process.pid, signal.SIGKILL)
        wait_until(lambda: not set(first) & set(processes_with(marker)))
        thread.join()
        assert results[0].status == "ok"  # run again by the new spawner
        assert run(engine, tmp_path, "print(1)").stdout == "1\n"


def test_close_while_a_job_runs(tmp_path):
    marker = uuid.uuid4().hex
    engine = NamespaceSandbox()
    spawner = engine._process.pid
    errors = []

    def work():
        try:
            engine.run(
                Job(("python", "-c", "import time; time.sleep(60)", marker), str(tmp_path)),
                Limits(),
            )
        except SandboxError as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: processes_with(marker))
    engine.close()
    thread.join(5)
    assert errors
    assert not processes_with(marker)
    assert not Path(f"/proc/{spawner}").exists()


def test_kill_of_the_main_process_leaves_nothing(tmp_path):
    marker = uuid.uuid4().hex
    code = f"""
    from regency.sandbox.engines import NamespaceSandbox
    from regency.records import Job, Limits
    engine = NamespaceSandbox()
    print(engine._process.pid, flush=True)
    job = Job(("python", "-c", "import time; time.sleep(60)", "{marker[:16]}" "{marker[16:]}"),
        {str(tmp_path)!r})
    engine.run(job, Limits())
    """
    words = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        spawner = process.stdout.readline().strip()
        wait_until(lambda: processes_with(marker))
        process.kill()
    wait_until(lambda: not processes_with(marker) and not Path("/proc", spawner).exists())


def test_no_mount_shows_on_the_host(sandbox, tmp_path):
    before = Path("/proc/self/mountinfo").read_text()
    assert run(sandbox, tmp_path, "pass").status == "ok"
    assert Path("/proc/self/mountinfo").read_text() == before


def test_network_when_allowed(tmp_path):
    code = """
    import socket
    server = socket.create_server(("127.0.0.1", 0))
    socket.create_connection(server.getsockname()).close()
    try:
        socket.socket(socket.AF_UNIX)
    except PermissionError:
        print("refused")
    """
    with NamespaceSandbox() as engine:
        result = run(engine, tmp_path, code, Limits(network=True))
        assert (result.status, result.stdout) == ("ok", "refused\n"), result
        assert run(engine, tmp_path, code).status == "failed"


def test_several_processes(sandbox, tmp_path):
    code = """
    import subprocess
    from multiprocessing import Pool
    if __name__ == "__main__":
        with Pool(2) as pool:
            print(sum(pool.map(abs, range(-10, 0))))
        print(subprocess.check_output(["sh", "-c", "echo yes"], text=True))
    """
    result = run(sandbox, tmp_path, code, Limits(processes=5))
    assert result.stdout.split() == ["55", "yes"], result


def test_cpu_of_children_counts(sandbox, tmp_path):
    code = """
    import os, signal, time
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    ended, held = os.pipe()
    if os.fork() == 0:
        while time.process_time() < 0.6: pass
        time.sleep(0.1)  # to be seen once more
        os._exit(0)
    os.close(held)
    os.read(ended, 1)  # at its end, whenever a busy machine comes to that
    """
    result = run(sandbox, tmp_path, code, Limits(processes=3))
    assert result.cpu_s > 0.5


def test_without_isolation_only_when_asked(tmp_path):
    with pytest.raises(SandboxError, match="--unsafe"):
        NamespaceSandbox(levels=[])
    with NamespaceSandbox(levels=[], unsafe=True) as engine:
        assert engine.level == "D"
        data = tmp_path / "data"
        data.write_text("hello")
        job = Job(
            ("python", "-c", "import sys; a, b = sys.argv[1:]; open(b, 'w').write(open(a).read())",
             "{in}/data", "{out}/copy"),
            str(tmp_path), {"data": str(data)}, {"copy": str(tmp_path / "copy")},
        )  # fmt: skip
        result = engine.run(job, Limits(cpu_s=2))
        assert (result.status, result.level) == ("ok", "D"), result
        assert (tmp_path / "copy").read_text() == "hello"
        assert run(engine, tmp_path, "while 1: pass", Limits(cpu_s=0.2)).status == "cpu"
        marker = uuid.uuid4().hex
        code = f"""
        import os, sys, time
        if os.fork() == 0:
            os.setsid()
            os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)",
                "{marker[:16]}" "{marker[16:]}"])
        time.sleep(0.3)
        """
        assert run(engine, tmp_path, code, Limits(processes=3)).status == "ok"
        assert not processes_with(marker)
