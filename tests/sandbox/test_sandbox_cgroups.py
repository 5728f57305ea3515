"""Control groups: made, obeyed, and gone afterwards, where this machine lets us make them."""

import os
import subprocess
import textwrap
from pathlib import Path

import pytest

from regency.records import Job, Limits
from regency.sandbox import cgroups
from regency.sandbox.engines import NamespaceSandbox


def groups() -> set[str]:
    return {str(path) for path in Path("/sys/fs/cgroup").rglob(f"regency-{os.getpid()}-*")}


def able() -> bool:
    made = cgroups.make(cgroups.name_for(os.getpid()))
    if made is None:
        return False
    made.close()
    return made.has("memory") and made.has("cpuacct")


needed = pytest.mark.skipif(not able(), reason="no control group can be made here")


def run(engine, folder: Path, code: str, limits: Limits):
    (folder / "code.py").write_text(textwrap.dedent(code))
    return engine.run(Job(("python", "code.py"), str(folder)), limits)


@needed
def test_nothing_is_left_behind_and_what_is_in_force_is_said():
    before = groups()
    with NamespaceSandbox() as engine:
        report = engine.report()
        assert "memory" in report["cgroup"]
        assert "control group" in report["memory"]
        assert groups() - before
    assert groups() == before


@needed
def test_groups_of_dead_engines_are_swept():
    done = subprocess.Popen(["true"])
    done.wait()
    left = cgroups.make(f"regency-{done.pid}-dead")
    assert left is not None
    paths = [Path(part.path) for part in left.parts]
    assert all(path.exists() for path in paths)
    with NamespaceSandbox():
        assert not any(path.exists() for path in paths)


@needed
def test_cpu_time_of_children_that_nobody_waits_for_is_exact(tmp_path):
    code = """
    import os, signal, time
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in range(40):
        ended, held = os.pipe()
        if os.fork() == 0:
            while time.process_time() < 0.01: pass
            os._exit(0)
        os.close(held)
        os.read(ended, 1)  # at its end, whenever a busy machine comes to that
    """
    with NamespaceSandbox() as engine:
        result = run(engine, tmp_path, code, Limits(processes=8))
        assert result.status == "ok", result
        assert result.cpu_s > 0.4
        assert engine.report()["cpu"] == "exact for one process, exact for several"


@needed
def test_a_burst_of_memory_is_stopped_by_the_kernel(tmp_path):
    group = cgroups.make(cgroups.name_for(os.getpid()))
    assert group is not None
    try:
        group.limit(64 << 20, 0, 50)
        child = os.fork()
        if child == 0:
            for join in group.joins:
                os.write(join, b"0")
            os._exit(len(bytearray(400 << 20)) & 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9
        assert group.killed() == 1
    finally:
        group.close()


@pytest.mark.parametrize(
    ("place", "root", "own", "found"),
    [
        ("/c", "/", "/a/b", ["/c/a/b", "/c/a", "/c"]),
        ("/c", "/", "/", ["/c"]),
        ("/c", "/box", "/box/x", ["/c/x", "/c"]),
        ("/c", "/box", "/box", ["/c"]),
        ("/c", "/box", "/elsewhere", ["/c"]),
    ],
)
def test_where_a_group_could_be_made(place, root, own, found):
    assert cgroups._folders(place, root, own) == found


def test_a_version_2_group_has_what_its_parent_passes_on(tmp_path):
    control = tmp_path / "cgroup.subtree_control"
    control.write_text("cpu pids")
    control.chmod(0o444)
    wanted = ("memory", "pids", "cpuacct", "kill")
    found = cgroups._controllers(str(tmp_path), wanted)
    if os.geteuid():  # root wrote over the plain file that stands in for the kernel's
        assert found == ("pids", "cpuacct", "kill")
    assert cgroups._controllers(str(tmp_path / "none"), wanted) == ("cpuacct", "kill")
