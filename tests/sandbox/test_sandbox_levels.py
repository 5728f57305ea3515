"""Every level that can be had, as root and as a normal user: given, shown, and held to."""

import os
import shutil
import tempfile
import textwrap
from pathlib import Path

import pytest
from suites import SUITE, USER, WHICH, interpreter_for, report_of, run_as

from regency.records import Job, Limits
from regency.sandbox import roots
from regency.sandbox.engines import NamespaceSandbox

as_root = pytest.mark.skipif(
    os.geteuid() != 0 or not interpreter_for(USER),
    reason="needs root, and a Python 3.11 that other users can reach",
)

slow = pytest.mark.slow
wrapped = pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bwrap")
FORK = {"levels": ["A"], "start": "fork", "preload": ["decimal"]}


@as_root
@pytest.mark.parametrize(
    ("uid", "settings", "poorer"),
    [
        (USER, FORK, ""),
        pytest.param(USER, {"levels": ["C"]}, "", marks=slow),
        pytest.param(USER, {"levels": ["A"]}, "", marks=slow),
        pytest.param(0, FORK, "", marks=slow),
        pytest.param(0, {"levels": ["C"]}, "", marks=slow),
        pytest.param(0, {"levels": ["A"]}, "", marks=slow),
        pytest.param(USER, {"levels": ["B"]}, "", marks=[slow, wrapped]),
        pytest.param(0, {"levels": ["B"]}, "", marks=[slow, wrapped]),
        pytest.param(USER, {"levels": ["B"]}, "landlock", marks=slow),
        pytest.param(0, {"levels": ["B"], "start": "fork"}, "landlock", marks=slow),
    ],
)
def test_the_suite_passes(uid, settings, poorer):
    report = report_of(run_as(uid, SUITE, poorer, **settings))
    assert report["level"] == settings["levels"][0]
    assert report["start"] == settings.get("start", "cold")
    assert report["user_namespace"] == (uid != 0 and report["level"] in "AB")
    assert report["launcher"] == ("bwrap" if report["level"] == "B" and not poorer else "own")
    assert bool(report["landlock"]) == (not poorer)
    assert report["throwaway_uid"] == (uid == 0)
    assert bool(report["cgroup"]) <= (uid == 0)


@as_root
@pytest.mark.parametrize("uid", [0, USER])
@pytest.mark.parametrize(
    ("poorer", "level"), [("", "A"), ("namespaces", "C"), ("landlock", "B"), ("both", "")]
)
def test_the_level_shown_is_the_level_given(uid, poorer, level):
    code = WHICH if poorer != "both" else "poorer('namespaces'); poorer('landlock')" + WHICH
    done = run_as(uid, code, "" if poorer == "both" else poorer)
    if level:
        report = report_of(done)
        assert report["level"] == level
        assert bool(report["landlock"]) == (level != "B")
        assert report["namespaces"] == (level != "C")
    else:
        assert "level A: " in done.stderr and "level C: " in done.stderr
        assert "--unsafe" in done.stderr


@as_root
def test_a_level_can_be_demanded_and_forks_are_not_faked():
    done = run_as(USER, WHICH, "namespaces", levels=["A"])
    assert "SandboxError" in done.stderr and "level C: " not in done.stderr
    report = report_of(run_as(USER, WHICH, "namespaces", start="auto"))
    assert (report["level"], report["start"]) == ("C", "cold")
    report = report_of(run_as(USER, WHICH, start="auto"))
    assert (report["level"], report["start"]) == ("A", "fork")
    done = run_as(USER, WHICH, "namespaces", start="fork")
    assert "SandboxError" in done.stderr and 'start = "cold"' in done.stderr


@as_root
@pytest.mark.parametrize("uid", [0, USER])
def test_without_namespaces_survivors_are_ended_at_the_next_start_which_says_so(uid):
    code = """
    import signal, subprocess, time
    marker = pathlib.Path.home().name
    from regency.records import Job, Limits
    from regency.sandbox import survivors
    from regency.sandbox.engines import NamespaceSandbox
    daemon = '''
    import os, sys, time
    if os.fork() == 0:
        os.setsid()
        program = "import time; time.sleep(60)"
        os.execv(sys.executable, [sys.executable, "-c", program, sys.argv[1]])
    time.sleep(60)
    '''
    import textwrap, threading
    home = pathlib.Path.home() / "files"; home.mkdir()
    (home / "daemon.py").write_text(textwrap.dedent(daemon))
    engine = NamespaceSandbox(levels=["C"])
    job = Job(("python", "daemon.py", marker), str(home))
    threading.Thread(target=engine.run, args=(job, Limits(processes=3)), daemon=True).start()
    def alive():
        words = ["pgrep", "-f", "sleep.60. " + marker]
        return subprocess.run(words, capture_output=True, text=True).stdout.split()
    while not alive():
        time.sleep(0.05)
    engine._closed.set()
    engine._process.kill()  # without warning, as the kernel does when memory is short
    engine._process.wait()
    time.sleep(0.3)
    before = alive()
    with NamespaceSandbox(levels=["C"]) as second:
        ended = second.report()["survivors_ended"]
        assert not alive(), "a survivor lives"
    print(json.dumps([len(before), ended]), flush=True)
    os._exit(0)
    """
    before, ended = report_of(run_as(uid, textwrap.dedent(code)))
    assert before == 1  # the first process died with its parent, the daemon did not
    assert ended == 1


@as_root
@wrapped
def test_bwrap_shows_what_our_own_launcher_shows():
    code = """
    import textwrap
    from regency.records import Job, Limits
    from regency.sandbox.engines import NamespaceSandbox
    files = pathlib.Path.home() / "files"; files.mkdir()
    (files / "answers").write_text("forty-two")
    (files / "code.py").write_text(textwrap.dedent('''
    import os, sys, json, wave
    assert open("/in/data").read() == "data"
    open(sys.argv[1], "w").write("model")
    print(os.getcwd(), wave.__doc__, sorted(os.environ), os.listdir("/tmp"))
    print(os.path.exists("answers") and open("answers").read() or "nothing")
    print(sorted(set(os.listdir("/")) - {".regency", ".scratch", ".empty", ".host", "etc"}))
    print(sorted(set(os.listdir("/dev"))), os.listdir("/proc/self/fd"))
    '''))
    data = files.parent / "data"; data.write_text("data"); data.chmod(0o600)
    hide = ["stdlib:wave", str(files / "answers")]
    job = Job(("python", "code.py", "{out}/model"), str(files), {"data": str(data)},
        {"model": str(files.parent / "taken")})
    seen = []
    for level in ("A", "B"):
        with NamespaceSandbox(levels=[level], hide=hide) as engine:
            result = engine.run(job, Limits())
            assert result.status == "ok", result
            assert (files.parent / "taken").read_text() == "model"
            seen.append(result.stdout)
    print(json.dumps(seen))
    """
    for uid in (0, USER):
        own, other = report_of(run_as(uid, textwrap.dedent(code)))
        assert own == other


def test_no_folder_is_left(tmp_path):
    def folders() -> set[Path]:
        return set(Path(tempfile.gettempdir()).glob("regency-jobs-*"))

    before = folders()
    with NamespaceSandbox(levels=[], unsafe=True) as engine:
        assert engine.run(Job(("python", "-c", ""), str(tmp_path)), Limits()).status == "ok"
        assert len(folders() - before) == 1
    assert folders() == before


def test_what_is_hidden_is_left_out_of_what_is_allowed(tmp_path):
    (tmp_path / "lib" / "deep").mkdir(parents=True)
    for name in ("a.py", "b.py", "deep/c.py", "deep/d.py"):
        (tmp_path / "lib" / name).write_text("")
    (tmp_path / "lib" / "link.py").symlink_to("b.py")
    lib, other = str(tmp_path / "lib"), str(tmp_path / "other")
    part = {"binds": [lib, other], "links": {}, "covers": [f"{lib}/b.py", f"{lib}/deep/c.py"]}
    read, listed = roots.grants({"root": part})
    assert read == [f"{lib}/a.py", f"{lib}/deep/d.py", other]
    assert listed == [lib]


@as_root
def test_hidden_modules_are_hidden_without_namespaces():
    code = """
    from regency.records import Job, Limits
    from regency.sandbox.engines import NamespaceSandbox
    files = pathlib.Path.home() / "files"; files.mkdir()
    (files / "answers").write_text("forty-two")
    (files / "code.py").write_text('''
    import os, sys, json.decoder
    try:
        import wave
    except OSError:
        print("stopped")
    print(os.path.exists("answers"))
    ''')
    hide = ["stdlib:wave", str(files / "answers")]
    with NamespaceSandbox(levels=["C"], hide=hide) as engine:
        result = engine.run(Job(("python", "code.py"), str(files)), Limits())
    print(json.dumps([result.status, result.stdout.split()]))
    """
    done = run_as(USER, textwrap.dedent(code).replace("\n    import os, sys", "\nimport os, sys"))
    assert report_of(done) == ["ok", ["stopped", "False"]]
