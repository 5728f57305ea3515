"""Which isolation a machine gives, whether `regency status` says so, and what a candidate finds.

    sudo python bench/levels.py

Each row is a lab made and asked by a user of its own, on a kernel that was made poorer first: calls
refused by a seccomp filter, user namespaces forbidden by the kernel's own sysctl (in an outer user
namespace), control groups unmounted or handed over. ``shown`` is what `regency status` says, the
columns after it are what a candidate finds out about itself. Needs root, to become somebody else.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/sandbox")]

from suites import POORER, SOURCE, USER, interpreter_for  # noqa: E402

GROUPS = [Path("/sys/fs/cgroup", name) for name in ("memory", "pids", "cpuacct")]
PREPARE = """
import ctypes, json, os, pathlib, subprocess, sys
from regency.sandbox import syscalls
uid, wanted, groups = int(sys.argv[3]), sys.argv[1].split(), json.loads(sys.argv[4])
sys.argv[1:] = ["", "{}"]
for group in groups:
    pathlib.Path(group, "cgroup.procs").write_text("0")
if "groups" in wanted:
    syscalls.call("unshare", syscalls.CLONE_NEWNS)
    syscalls.make_private()
    syscalls.detach("/sys/fs/cgroup")
os.setgroups([])
os.setresgid(uid, uid, uid)
os.setresuid(uid, uid, uid)
syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)  # a change of user ends that
if "sysctl" in wanted:
    syscalls.call("unshare", syscalls.CLONE_NEWUSER)
    pathlib.Path("/proc/self/setgroups").write_text("deny")
    for name in ("uid", "gid"):
        pathlib.Path(f"/proc/self/{name}_map").write_text(f"{uid} {uid} 1")
    pathlib.Path("/proc/sys/user/max_user_namespaces").write_text("0")
    syscalls.drop_capabilities()
"""
ASK = """
for what in wanted:
    if what in ("namespaces", "landlock"):
        poorer(what)
import toy_lab
from regency import config
from regency.lab import ground
from regency.records import Job, Limits
home = pathlib.Path.home()
text = toy_lab.SETTINGS + '[sandbox]\\n'
lab = toy_lab.make_toy_repo(home / "lab", text.replace("cpu_s = 5", 'cpu_s = 5\\nstart = "auto"'))
said = []
for words in (["init", ".", "--simulated"], ["status", "--json"]):
    command = [sys.executable, "-B", "-m", "regency.cli", *words]
    said.append(subprocess.run(command, cwd=lab, capture_output=True, text=True))
if said[0].returncode:
    print(json.dumps({"refused": said[0].stderr.strip()}))
    raise SystemExit
shown = json.loads(said[1].stdout)
(home / "look").mkdir()
(home / "look/look.py").write_text('''
import json, os
def tried(action):
    try:
        return action()
    except OSError as error:
        return error.errno
locked = isinstance(tried(lambda: open("/proc/self/oom_score_adj", "w").close()), int)
filtered = tried(lambda: os.memfd_create("x")) == 38  # as if the kernel had no such call
names = ("mnt", "pid", "net", "ipc", "uts", "user")
spaces = {name: tried(lambda: os.readlink("/proc/self/ns/" + name)) for name in names}
groups = tried(lambda: "/regency-" in open("/proc/self/cgroup").read())
groups = groups if isinstance(groups, bool) else None  # it cannot see
print(json.dumps([spaces, locked, filtered, os.getuid(), groups]))
''')
settings = config.parse((lab / "regency.toml").read_text())
with ground.open_sandbox(settings, core=None, unsafe=False) as engine:
    report = dict(engine.report())
    result = engine.run(Job(("python", "look.py"), str(home / "look")), Limits())
spaces = {name: os.readlink("/proc/self/ns/" + name) for name in
    ("mnt", "pid", "net", "ipc", "uts", "user")}
print(json.dumps({"shown": shown["level"], "start": shown["start"], "report": report,
    "found": json.loads(result.stdout) if result.status == "ok" else result.message + result.stderr,
    "ours": spaces}))
"""
ROWS = (
    ("as it is", ""),
    ("no control group", "groups"),
    ("control group of its own", "own"),
    ("namespaces refused (seccomp)", "namespaces"),
    ("user namespaces refused (sysctl)", "sysctl"),
    ("no Landlock", "landlock"),
    ("neither", "namespaces landlock"),
)
HEAD = ("user", "machine", "shown", "start", "namespaces", "Landlock", "seccomp", "user id",
        "control group")  # fmt: skip


def ask(uid: int, wanted: str) -> dict:
    """Return what a lab of user ``uid`` says and finds on a kernel made ``wanted``."""
    home = Path(tempfile.mkdtemp(prefix="rg-level-", dir="/tmp"))
    os.chown(home, uid, uid)
    groups = own_groups(uid) if "own" in wanted else []
    paths = (SOURCE, sysconfig.get_path("purelib"), str(ROOT / "tests"))
    environment = {"PYTHONPATH": ":".join(paths), "HOME": str(home), "PATH": os.environ["PATH"]}
    lines = POORER.strip().splitlines()[:-2]  # but for its last step
    program = "\n".join([PREPARE, *lines, ASK])
    words = [interpreter_for(USER), "-B", "-c", program, wanted, "{}", str(uid)]
    try:
        done = subprocess.run(
            [*words, json.dumps([str(group) for group in groups])],
            env=environment, capture_output=True, text=True, check=False, cwd=home,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        return json.loads(done.stdout.splitlines()[-1])
    finally:
        shutil.rmtree(home, ignore_errors=True)
        for group in groups:
            group.rmdir()


def own_groups(uid: int) -> list[Path]:
    """Make a control group that belongs to user ``uid``."""
    made = []
    for hierarchy in GROUPS:
        group = hierarchy / f"levels-{os.getpid()}"
        group.mkdir()
        for path in (group, group / "cgroup.procs"):
            os.chown(path, uid, uid)
        made.append(group)
    return made


def row(name: str, machine: str, uid: int, said: dict) -> tuple[str, ...]:
    """Return the cells of one row."""
    if "refused" in said:
        shown = "none: refuses" if "cannot isolate" in said["refused"] else said["refused"]
        return (name, machine, shown, *[""] * (len(HEAD) - 3))
    if isinstance(said["found"], str):
        return (name, machine, said["shown"], said["found"][-60:], *[""] * (len(HEAD) - 4))
    spaces, locked, filtered, own, groups = said["found"]
    apart = [kind for kind, inode in spaces.items() if inode != said["ours"][kind]]
    unseen = any(isinstance(inode, int) for inode in spaces.values())
    return (
        name, machine, said["shown"], said["start"],
        "unseen" if unseen else " ".join(apart) or "none",
        "yes" if locked else "no", "yes" if filtered else "no",
        "throwaway" if own != uid else "the same",
        *(["yes" if groups else "no"] if groups is not None else [reported(said["report"])]),
    )  # fmt: skip


def reported(report: dict) -> str:
    """Return what the engine says of control groups, for when a candidate cannot see them."""
    return "yes, it says" if report["cgroup"] else "no, it says"


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    if os.geteuid() or not interpreter_for(USER):
        raise SystemExit("This needs root, and a Python 3.11 that other users can run.")
    print("| " + " | ".join(HEAD) + " |\n" + "| --- " * len(HEAD) + "|")
    for name, uid in (("root", 0), ("normal", USER)):
        for machine, wanted in ROWS:
            if (wanted, uid) in {("sysctl", 0), ("own", 0)}:
                continue  # root needs neither
            cells = row(name, machine, uid, ask(uid, wanted))
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
