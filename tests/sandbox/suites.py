"""Runs the conformance suite in a process of its own: as another user, on a poorer kernel."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from regency.sandbox import engines

SOURCE = str(Path(engines.__file__).resolve().parents[2])
USER = 54321
# What a container's default profile, or a kernel without Landlock, answers.
POORER = """
import ctypes, errno, json, os, pathlib, sys
from regency.sandbox import filters, syscalls
def poorer(what):
    answers, refused = {}, [filters._answer(filters._ERRNO | errno.EPERM)]
    absent = [filters._answer(filters._ERRNO | errno.ENOSYS)]
    if what == "namespaces":
        names = ("unshare", "setns", "mount", "umount2", "pivot_root")
        answers = dict.fromkeys(syscalls.numbers(*names), refused)
        answers |= dict.fromkeys(syscalls.numbers("clone3"), absent)
        answers |= dict.fromkeys(syscalls.numbers("clone"), filters._clone(single=False))
    if what == "landlock":
        names = ("landlock_create_ruleset",)
        answers = dict.fromkeys(syscalls.numbers(*names), absent)
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    filters.install(filters._program(answers, last=1024))
poorer(sys.argv[1])
settings = json.loads(sys.argv[2])
"""
SUITE = """
from regency.testing.sandboxes import SandboxConformance
from regency.sandbox.engines import NamespaceSandbox
class Suite(SandboxConformance):
    @classmethod
    def make_engine(cls):
        return NamespaceSandbox(**settings)
Suite.setup_class()
report = Suite.engine.report()
for name in dir(Suite):
    if name.startswith("test_"):
        folder = pathlib.Path.home() / name; folder.mkdir()
        getattr(Suite(), name)(folder)
Suite.teardown_class()
print(json.dumps(report))
"""
WHICH = """
from regency.sandbox.engines import NamespaceSandbox
with NamespaceSandbox(**settings) as engine:
    print(json.dumps(engine.report()))
"""


def interpreter_for(uid: int) -> str:
    """Return a Python that ``uid`` can run; empty if there is none."""
    test = "import sys; assert sys.version_info >= (3, 11); import ctypes"
    for program in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            done = subprocess.run(
                [program, "-c", test], user=uid, group=uid, extra_groups=[], stderr=-3, check=False
            )
        except OSError:
            continue
        if done.returncode == 0:
            return program
    return ""


def run_as(
    uid: int, code: str, poorer: str = "", **settings: object
) -> "subprocess.CompletedProcess[str]":
    """Run ``code`` as user ``uid`` on a kernel that lacks ``poorer``, with engine ``settings``."""
    home = Path(tempfile.mkdtemp(prefix="rg-user-", dir="/tmp"))
    os.chown(home, uid, uid)
    program = textwrap.dedent(POORER) + textwrap.dedent(code)
    try:
        return subprocess.run(
            [interpreter_for(USER), "-B", "-c", program, poorer, json.dumps(settings)],
            user=uid, group=uid, extra_groups=[], capture_output=True, text=True, check=False,
            env={"PYTHONPATH": SOURCE, "HOME": str(home), "PATH": os.environ["PATH"]},
        )  # fmt: skip
    finally:
        shutil.rmtree(home, ignore_errors=True)


def report_of(done: "subprocess.CompletedProcess[str]") -> dict:
    """Return the engine's report that the program printed last."""
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])
