"""``regency measure authorship`` as people call it."""

import json
import re
import subprocess
from xml.etree import ElementTree as ET

import pytest
from terminal import piped

CLAUDE = "Add\n\nCo-authored-by: Claude Opus 4 <noreply@anthropic.com>"


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    """A cache folder of the tests' own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


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


def test_a_page_a_picture_and_the_command_that_makes_them_again(repo, tmp_path):
    page, picture = tmp_path / "p.html", tmp_path / "p.svg"
    files = ("--html", str(page), "--svg", str(picture))
    done = piped("measure", "authorship", ".", "--depth", "2", *files, cwd=repo)
    assert done.code == 0, done.err
    text = page.read_text()
    assert "<svg" in text and "50.0 % of 4 lines" in text and "http" not in _without_names(text)
    assert ET.fromstring(picture.read_text()).tag.endswith("svg")
    again = re.search(r"regency measure authorship (\S+) --at (\w{12}) --depth 2 --html", text)
    assert again and again[1] == str(repo)
    refused = piped("measure", "authorship", str(repo), "--html", str(tmp_path / "no/p.html"))
    assert refused.code == 2 and "cannot write" in refused.err


def _without_names(text):
    return text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")


def test_a_second_answer_comes_from_the_cache_until_something_changes(repo, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = piped("measure", "authorship", str(repo), "--json")
    (kept,) = (tmp_path / "regency/authorship").iterdir()
    assert piped("measure", "authorship", str(repo), "--json").out == first.out
    assert piped("measure", "authorship", str(repo), "--json", "--no-cache").out == first.out
    kept.write_text("{")
    assert piped("measure", "authorship", str(repo), "--json").out == first.out
    piped("measure", "authorship", str(repo), "--no-moves")
    assert len(list((tmp_path / "regency/authorship").iterdir())) == 2


def test_a_name_that_is_no_text_is_shown_the_same_each_time(tmp_path):
    (tmp_path / "e\udcff").mkdir()
    (tmp_path / "e\udcff" / "f").write_text("x\n")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "m"]):
        identity = ("-c", "user.name=a", "-c", "user.email=b")
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True)
    first, again = (piped("measure", "authorship", str(tmp_path), "--json") for _ in range(2))
    assert first.out == again.out and list(json.loads(first.out)["folders"]) == ["e\ufffd"]


def test_one_file_line_by_line(repo):
    done = piped("measure", "authorship", str(repo), "--file", "a.py")
    assert [row.split()[2:4] for row in done.out.splitlines()] == [["ai", "claude"]] * 2
    found = json.loads(piped("measure", "authorship", str(repo), "--file", "b.py", "--json").out)
    assert [x["category"] for x in found["lines"]] == ["unknown", "unknown"]
    gone = piped("measure", "authorship", str(repo), "--file", "gone.py")
    assert gone.code == 2 and "is no text file" in gone.err


def test_aiders_method(repo):
    done = piped("measure", "authorship", str(repo), "--aider-compatible", "--since", "HEAD^")
    assert done.code == 0 and "HEAD^..HEAD" in done.out and "0.00 %" in done.out
    for arguments, said in [(("--aider-compatible",), "--since"), (("--since", "x"), "go with")]:
        refused = piped("measure", "authorship", str(repo), *arguments)
        assert refused.code == 2 and said in refused.err
