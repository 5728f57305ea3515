"""A job that is talked to while it runs: over pipes of ours, through every launcher."""

import os
import threading

import pytest

from regency.errors import SandboxError
from regency.records import Job, Limits
from regency.sandbox.engines import NamespaceSandbox

ECHO = """
import sys
print("no talk", file=sys.stderr)
for line in sys.stdin:
    print(line.strip()[::-1], flush=True)
"""


class Talk:
    """A job in a thread, and our ends of its standard input and output."""

    def __init__(self, sandbox, folder, code, wall_s=20.0):
        (folder / "talk.py").write_text(code)
        source, self.sink = os.pipe()
        self.source, sink = os.pipe()
        job, limits = Job(("python", "talk.py"), str(folder)), Limits(wall_s=wall_s)
        self.outcome = None

        def run():
            try:
                self.outcome = sandbox.run(job, limits, (source, sink))
            except SandboxError as error:
                self.outcome = error

        self.thread = threading.Thread(target=run)
        self.thread.start()

    def end(self):
        self.thread.join(30)
        os.close(self.source)
        return self.outcome


@pytest.mark.parametrize("level", ["A", "B", "C"])
def test_lines_go_there_and_back_while_it_runs(level, tmp_path):
    try:
        sandbox = NamespaceSandbox(levels=(level,))
    except SandboxError as error:
        pytest.skip(f"cannot be had here: {error}")
    with sandbox:
        for _ in range(2):  # also with an init that waited
            talk = Talk(sandbox, tmp_path, ECHO)
            with os.fdopen(os.dup(talk.source), "rb") as lines:
                os.write(talk.sink, b"abc\n")
                assert lines.readline() == b"cba\n"
                os.write(talk.sink, b"x" * 200_000 + b"y\n")
                assert lines.readline() == b"y" + b"x" * 200_000 + b"\n"
                os.close(talk.sink)
                assert lines.read() == b""  # nobody else holds the other end
            outcome = talk.end()
            assert (outcome.status, outcome.stdout, outcome.stderr) == ("ok", "", "no talk\n")
        (tmp_path / "talk.py").write_text("print(input())")  # nothing is left of it for the next
        assert "EOFError" in sandbox.run(Job(("python", "talk.py"), str(tmp_path)), Limits()).stderr


def test_a_job_that_closes_its_output_is_heard_at_once(tmp_path):
    with NamespaceSandbox() as sandbox:
        talk = Talk(sandbox, tmp_path, "import os, time; os.close(1); time.sleep(300)", 60.0)
        assert os.read(talk.source, 1) == b""
        assert talk.thread.is_alive()
        sandbox.close()
        os.close(talk.sink)
        talk.end()


def test_closing_the_sandbox_ends_the_talk(tmp_path):
    sandbox = NamespaceSandbox()
    talk = Talk(sandbox, tmp_path, ECHO)
    os.write(talk.sink, b"abc\n")
    assert os.read(talk.source, 9) == b"cba\n"
    sandbox.close()
    assert "was closed" in str(talk.end())
    os.close(talk.sink)
