"""``regency measure authorship`` as people call it."""

import json
import subprocess

import pytest
from terminal import piped

CLAUDE = "Add\n\nCo-authored-by: Claude Opus 4 <noreply@anthropic.com>"


@pytest.fixture(scope="module")
def repo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("foreign")

    def git(*arguments):
        identity = ("-c", "user.name=Ada", "-c", "user.email=a@b")
        subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    for name, message in (("a.py", CLAUDE), ("b.py", "Mine")):
        (folder / name).write_text("1\n2\n")
        git("add", ".")
        git("commit", "-q", "-m", message)
    return folder


def test_the_answer_for_people(repo):
    done = piped("measure", "authorship", str(repo))
    assert done.code == 0, done.err
    assert "50.0 % of 4 lines are known to be AI's, at most 100.0 % can be." in done.out
    assert "claude claude-opus-4" in done.out and "Again: regency" in done.out
    by_week = piped("measure", "authorship", "--by", "week", cwd=repo)
    assert by_week.code == 0 and "50.0 % to 100.0 %" in by_week.out


def test_the_answer_for_programs(repo):
    done = piped("measure", "authorship", str(repo), "--json", "--without", "trailers")
    found = json.loads(done.out)
    assert found["alive"]["unknown"] == 4 and found["alive"]["ai_share"]["at_most"] == 1.0
    assert found["command"].startswith("regency ") and done.err == ""


def test_bad_input_is_one_line(repo, tmp_path):
    for arguments, said in [
        ((str(tmp_path),), "is not in a git repository"),
        ((str(tmp_path / "gone"),), "is not there"),
        ((str(repo), "--at", "nope"), "is no commit of"),
        ((str(repo), "--at", "--all"), "is no commit of"),
        ((str(repo), "--source", "names", "--without", "aider"), "exclude each other"),
        ((str(repo), "--agent-trace", "gone.json"), "cannot read gone.json"),
        ((str(repo), "--human-before", "soon"), "soon"),
    ]:
        done = piped("measure", "authorship", *arguments)
        assert done.code == 2 and said in done.err, done
        assert done.err.count("\n") == 1 and done.out == ""
