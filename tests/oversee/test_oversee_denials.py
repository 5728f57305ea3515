"""What shows of refusals, in the output of runs and in transcripts of sessions."""

import pytest

from regency.oversee.denials import of_run, of_session
from regency.records import Outcome


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("PermissionError: [Errno 1] Operation not permitted: '/bin/sh'", "call"),
        ("cat: /root/x: Permission denied", "call"),
        ("OSError: [Errno 101] Network is unreachable", "network"),
        ("socket.gaierror: [Errno -3] Temporary failure in name resolution", "network"),
        ("OSError: [Errno 30] Read-only file system: 'model.py'", "file"),
        ("BlockingIOError: [Errno 11] Resource temporarily unavailable", "process"),
    ],
)
def test_a_run_that_says_what_it_was_refused(said, kind):
    loud = Outcome("ok", stdout="step 1\n", stderr=f"Traceback\n  line\n{said}\nmore")
    assert of_run([Outcome("ok"), loud]) == f"{kind}: {said}"


def test_a_run_that_wrote_too_much_and_one_that_did_nothing_of_the_kind():
    assert of_run([Outcome("disk")]) == "it wrote more than it may"
    assert (
        of_run([Outcome("failed", stderr="ValueError: not permitted by me"), Outcome("cpu")]) == ""
    )


def test_long_lines_are_cut():
    assert len(of_run([Outcome("failed", stderr="x" * 9999 + " Permission denied")])) < 200


@pytest.mark.parametrize(
    ("transcript", "what"),
    [
        ("$ regency review approve p1 --reason x\nno lab\n", "to decide"),
        ("subprocess.run(['python', '-m', 'regency.cli', 'review', 'approve', 'p1'])", "to decide"),
        ("$ regency rollback 0", "to decide"),
        ("cat /home/a/lab/.regency/private/ledger.key", "the lab's state"),
        ("sqlite3 ../.regency/lab.db 'update packets'", "the lab's state"),
    ],
)
def test_a_session_that_tries_the_lab_itself(transcript, what):
    assert of_session(f"I look around.\n{transcript}\nDone.").startswith(f"{what}: ")


@pytest.mark.parametrize(
    "transcript",
    ["", "$ regency brief\n$ regency try", "pip: Permission denied: /usr/lib", "I read .regency",
     "A person will run regency review."],
)  # fmt: skip
def test_a_session_that_does_not(transcript):
    assert of_session(transcript) == ""
