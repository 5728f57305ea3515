"""Command-line agents: confined in a repository of their own, with caps, and keys kept quiet."""

import base64
import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regency.config import parse
from regency.errors import BadInput, ConfigError, NothingLeft
from regency.lab import Lab
from regency.lab.lab import Plan
from regency.propose.command import CommandProposer
from regency.propose.command.presets import PRESETS
from regency.propose.command.session import cost
from regency.propose.command.settings import settings_of
from regency.propose.command.withheld import Withheld
from regency.testing.proposers import EXAMPLE, check_proposer, example_brief
from toy_lab import SETTINGS, make_toy_lab

KEY = "sk-test/0123456789+secret"


class Journal:
    """A journal in memory."""

    def __init__(self, hidden: tuple[str, ...] = ()) -> None:
        self.hidden = hidden
        self.entries: list[tuple[str, dict]] = []

    def write(self, kind, body) -> None:
        self.entries.append((kind, json.loads(json.dumps(body))))

    def read(self, kind):
        return tuple(body for k, body in self.entries if k == kind)

    @property
    def last(self) -> dict:
        return self.read("agent.session")[-1]


def agent(script: str, journal=None, **settings) -> CommandProposer:
    """Return an agent that runs a shell script; it is told by file unless it says otherwise."""
    command = ["sh", "-c", script, "agent", "{prompt_file}"]
    made = CommandProposer(name="coder", **{"command": command, "patience": 1, **settings})
    made.attach(journal or Journal())
    return made


def ask(made, tree=EXAMPLE):
    return made.propose(example_brief(), tree)


EDIT = "sed -i s/0.01/0.02/ model.py"


def test_it_keeps_the_contract_of_proposers():
    script = 'echo "B = $(od -An -N4 -tu4 /dev/urandom)" >> model.py; echo "Why." > {rationale}'
    check_proposer(lambda: agent(script), rounds=2)


def test_what_it_left_uncommitted_counts_and_what_git_ignores_does_not():
    script = (
        f"{EDIT}; git commit -qam 'Doubled the rate.'; echo '# more' >> model.py; "
        "echo junk > notes.txt; mkdir -p __pycache__; touch __pycache__/x.pyc; touch .agent-log"
    )
    proposal = ask(agent(script, ignore=["notes.txt", ".agent*"]))
    (edit,) = proposal.edits
    assert edit.path == "model.py"
    assert b"0.02" in edit.content and edit.content.endswith(b"# more\n")
    assert proposal.rationale == "Doubled the rate."
    assert (proposal.agent.kind, proposal.agent.session) == ("command", "coder/1")


def test_files_added_deleted_and_made_executable():
    script = "rm fixed.py; mkdir sub; echo 1 > sub/new.sh; chmod +x sub/new.sh"
    edits = {e.path: e for e in ask(agent(script)).edits}
    assert edits["fixed.py"].content is None
    assert (edits["sub/new.sh"].content, edits["sub/new.sh"].mode) == (b"1\n", 0o100755)


def test_rationale_and_claims():
    said = "printf 'Halved.\\nClaim: RATE is 0.02\\nclaim:\\nClaim: only RATE\\n' > {rationale}"
    proposal = ask(agent(f"{EDIT}; {said}"))
    assert (proposal.rationale, proposal.claims) == ("Halved.", ("RATE is 0.02", "only RATE"))


@pytest.mark.parametrize("way", ["file", "stdin", "argument"])
def test_the_ways_to_tell_it(way):
    read = {"file": "cat $1", "stdin": "cat", "argument": "echo $1"}[way]
    mark = {"file": ["{prompt_file}"], "argument": ["{prompt}"], "stdin": []}[way]
    journal = Journal()
    made = CommandProposer(
        name="coder", command=["sh", "-c", f"{read}; {EDIT}", "agent", *mark], prompt=way
    )
    made.attach(journal)
    ask(made)
    assert "Lower the loss." in journal.last["transcript"]
    assert "write to the file /" in journal.last["transcript"]


def test_one_commit_no_remote_no_other_objects():
    journal = Journal()
    script = (
        "git rev-list --all --count; git remote; cat .git/objects/info/alternates; "
        f"git count-objects -v; git log --format=%B; {EDIT}"
    )
    ask(agent(script, journal))
    told = journal.last["transcript"]
    assert told.startswith("1\n")
    assert "alternates: No such file" in told
    assert "count: 4\n" in told  # two files, a tree, a commit
    assert "Regency-Candidate: c0" in told


def test_it_sees_nothing_of_the_host_and_no_network(tmp_path):
    secret = tmp_path / "lab" / "answers"
    secret.parent.mkdir()
    secret.write_text("41421356")
    journal = Journal(hidden=(str(secret.parent),))
    other = tmp_path / "other"
    other.write_text("visible")
    script = (
        f"cat {secret}; ls {secret.parent}; cat {other}; cat /etc/shadow; touch {tmp_path}/x; "
        f"touch /in/x; echo > /lab/model.py; env; (exec 3<>/dev/tcp/1.1.1.1/80); {EDIT}"
    )
    made = agent(script, journal, mounts=[str(tmp_path)])
    os.environ["SOME_OTHER_VARIABLE"] = "must not arrive"
    try:
        ask(made)
    finally:
        del os.environ["SOME_OTHER_VARIABLE"]
    told = journal.last["transcript"]
    assert "visible" in told  # the mount is there, but for what lies hidden in it
    assert "41421356" not in told and "answers" not in told.replace(str(secret), "")
    assert "must not arrive" not in told
    assert not (tmp_path / "x").exists()
    assert secret.read_text() == "41421356"


def test_without_network_it_has_no_socket():
    journal = Journal()
    code = "import socket; socket.create_connection(('127.0.0.1', 1))"
    ask(agent(f'python -c "{code}"; {EDIT}', journal))
    assert "PermissionError" in journal.last["transcript"]
    ask(agent(f'python -c "{code}"; {EDIT}', journal, network=True))
    assert "ConnectionRefusedError" in journal.last["transcript"]


def test_when_its_time_is_up_what_it_did_still_counts():
    journal = Journal()
    begun = time.monotonic()
    proposal = ask(agent(f"{EDIT}; (sleep 300 &); sleep 300", journal, wall_s=2))
    assert time.monotonic() - begun < 60
    assert proposal.notes["ended"] == journal.last["ended"] == "time"
    assert b"0.02" in proposal.edits[0].content


def test_nothing_several_times_is_silence_and_on_record():
    journal = Journal()
    with pytest.raises(NothingLeft, match="brought nothing 2 times"):
        ask(agent("echo I cannot; exit 3", journal, patience=2))
    assert [kind for kind, _ in journal.entries] == ["agent.began", "agent.session"] * 2
    assert (journal.last["code"], journal.last["transcript"]) == (3, "I cannot\n")


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("ln -s /etc/passwd link", "no plain file"),
        ("rm -rf .git; ln -s /etc link", "no plain file"),
        ("head -c 5000000 /dev/zero > big", "no plain file of at most 4 MiB"),
        ("mkdir -p a; touch 'a/b\\c'", "backslashes"),
        ("kill -9 $PPID", "brought nothing"),
        ("echo '[1]' > $TMPDIR/../out/result.json; kill -9 $PPID", "brought nothing"),
    ],
)
def test_what_cannot_be_used_is_refused(script, says):
    with pytest.raises(NothingLeft, match=says):
        ask(agent(f"{EDIT}; {script}"))


def test_it_may_destroy_its_repository():
    assert ask(agent(f"{EDIT}; rm -rf .git")).edits[0].path == "model.py"


def test_caps_stop_before_they_are_passed():
    journal = Journal()
    costs = {"max_cost_usd": 1.0, "session_cost_usd": 0.4, "cost_pattern": r"cost \$([0-9.]+)"}
    ask(agent(f"{EDIT}; echo 'cost $0.10'; echo 'cost $0.15'", journal, **costs))
    assert journal.last["cost_usd"] == 0.15
    journal.write("agent.began", {"session": 2, "parent": "c0"})  # killed: it may have cost all
    ask(agent(f"{EDIT}; echo 'cost $0.05'", journal, **costs))
    with pytest.raises(NothingLeft, match=r"spent 0.60 of 0.99 USD.*Raise max_cost_usd"):
        ask(agent(EDIT, journal, **(costs | {"max_cost_usd": 0.99})))
    assert len(journal.read("agent.began")) == 3
    ask(agent(EDIT, journal, **costs))  # may reach the cap, not pass it


def test_the_cap_on_time():
    journal = Journal()
    ask(agent(f"{EDIT}; sleep 1", journal, wall_s=5, max_wall_s=5.5))
    with pytest.raises(NothingLeft, match="Raise max_wall_s"):
        ask(agent(EDIT, journal, wall_s=5, max_wall_s=5.5))


def test_closing_ends_the_session(tmp_path):
    journal = Journal()
    made = agent("sleep 300", journal)
    failed = []

    def work() -> None:
        try:
            ask(made)
        except Exception as error:  # noqa: BLE001
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    while not journal.entries:
        time.sleep(0.05)
    time.sleep(1)
    made.close()
    thread.join(30)
    assert not thread.is_alive() and failed
    assert [kind for kind, _ in journal.entries] == ["agent.began"]


def test_a_key_reaches_the_agent_and_no_record(tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_API_KEY", KEY)
    script = (
        "echo key $TEST_API_KEY; printf %s $TEST_API_KEY | base64; "
        "printf 'using %s' $TEST_API_KEY | base64; printf %s $TEST_API_KEY | od -An -tx1 | "
        "tr -d ' \\n'; [ ${#TEST_API_KEY} = 25 ] && sed -i 's/^X = .*/X = 2.5/' model.py; "
        'printf "I used %s.\\nClaim: %s is good\\n" $TEST_API_KEY $TEST_API_KEY > {rationale}'
    )
    words = json.dumps(["sh", "-c", script, "agent", "{prompt_file}"])
    table = f'\n[agents.coder]\nkind = "command"\ncommand = {words}\nenv = ["TEST_API_KEY"]\n'
    folder = make_toy_lab(tmp_path / "toy", settings=SETTINGS + table)
    seen = []
    with Lab.open(folder) as lab:
        lab.run(Plan(candidates=1, workers=1), seen.append)
        assert lab.store.candidate("c1").record.rationale == "I used [TEST_API_KEY withheld]."
        (body,) = lab.store.written("agent.session", "coder")
        assert body["transcript"].startswith("key [TEST_API_KEY withheld]\n")
        assert body["transcript"].count("[TEST_API_KEY withheld]") == 4
        assert lab.recorder.log.verify().ok
    forms = [KEY, base64.b64encode(KEY.encode()).decode().rstrip("="), KEY.encode().hex()]
    everything = repr(seen).encode()
    everything += b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())
    assert not [form for form in forms if form.encode() in everything]


def test_a_mount_that_holds_the_lab_shows_neither_state_nor_history_nor_rules(tmp_path):
    folder = tmp_path / "toy"
    script = (
        f"ls -A {folder}/.regency {folder}/.git; cat {folder}/.regency/private/ledger.key; "
        f"git -C {folder} log; cat {folder}/regency.toml; cat {folder}/model.py; "
        "sed -i 's/^X = .*/X = 2.5/' model.py"
    )
    words = json.dumps(["sh", "-c", script, "agent", "{prompt_file}"])
    table = f'\n[agents.coder]\nkind = "command"\ncommand = {words}\nmounts = ["{tmp_path}"]\n'
    make_toy_lab(folder, settings=SETTINGS + table)
    with Lab.open(folder) as lab:
        lab.run(Plan(candidates=1, workers=1))
        (body,) = lab.store.written("agent.session", "coder")
    told = body["transcript"]
    assert "X = 1.0" in told  # the mount is there
    for secret in ("lab.db", "objects", "PRIVATE", "Ada Tester", "false_promotion", "[judge]"):
        assert secret not in told


def test_a_key_in_a_file_makes_the_session_worthless(monkeypatch):
    monkeypatch.setenv("TEST_API_KEY", KEY)
    journal = Journal()
    with pytest.raises(NothingLeft, match="wrote the value of TEST_API_KEY into a file"):
        ask(agent("echo K = \\'$TEST_API_KEY\\' >> model.py", journal, env=["TEST_API_KEY"]))
    assert KEY not in json.dumps(journal.entries)


def test_missing_and_short_keys_and_programs_are_found_before_anything_is_paid(monkeypatch):
    monkeypatch.delenv("TEST_API_KEY", raising=False)
    with pytest.raises(BadInput, match="needs the variable TEST_API_KEY"):
        agent(EDIT, env=["TEST_API_KEY"])
    monkeypatch.setenv("TEST_API_KEY", "1")
    with pytest.raises(ConfigError, match="fewer than 8"):
        agent(EDIT, env=["TEST_API_KEY"])
    with pytest.raises(ConfigError, match="is not there"):
        agent(EDIT, command=["no-such-agent", "{prompt_file}"])


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P")), min_size=8, max_size=40))
def test_no_form_of_a_secret_is_left(value):
    withheld = Withheld({"NAME": value})
    for before in ("", "a", "ab", "abc"):
        raw = (before + value + "z").encode()
        coded = base64.b64encode(raw).decode()
        text = f"{value} {value.encode().hex()} {json.dumps(value)} {coded}"
        cleaned = withheld.clean(text)
        assert value not in cleaned
        assert cleaned.count("[NAME withheld]") >= 4


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "command"),
        ({"preset": "nobody"}, "known are claude-code"),
        ({"preset": "codex"}, "set `model`"),
        ({"preset": "mini-swe-agent", "model": "m"}, "set `session_cost_usd`"),
        ({"command": ["x"]}, "write {prompt_file}"),
        ({"command": ["x"], "prompt": "stdin", "max_cost_usd": 1}, "needs session_cost_usd"),
        ({"command": ["x"], "prompt": "stdin", "cost_pattern": "("}, "no regular expression"),
        ({"command": ["x"], "prompt": "stdin", "cost_pattern": "x"}, "one group"),
        ({"command": ["x"], "prompt": "stdin", "env": ["PATH"]}, "cannot be passed on"),
        ({"command": ["x"], "prompt": "stdin", "env": ["A"], "set": {"A": "1"}}, "leave it in one"),
        ({"command": ["x"], "prompt": "stdin", "wall": 3}, "wall"),
    ],
)
def test_wrong_settings(settings, says):
    with pytest.raises(ConfigError, match=r"agents\.coder") as told:
        settings_of("coder", settings)
    assert says in str(told.value)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_whole(name):
    made = settings_of("coder", {"preset": name, "model": "m", "session_cost_usd": 1})
    page = (Path(__file__).parents[2] / "docs" / "agents" / "command.md").read_text()
    assert f"`{name}`" in page
    assert settings_of("coder", {"preset": name, "model": "m", "session_cost_usd": 1, "set":
                                 {"X": "1"}}).set == {**made.set, "X": "1"}  # fmt: skip


def test_the_line_in_the_readme_is_an_agent():
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    table = re.search(r"```toml\n(\[agents\]\n.*?)```", readme, re.DOTALL)
    agents = parse(f"{SETTINGS}\n{table[1]}").agents
    made = settings_of("claude", agents["claude"].settings)
    assert (made.command[0], made.env, made.network) == ("claude", ["ANTHROPIC_API_KEY"], True)


def test_costs():
    assert cost(PRESETS["aider"]["cost_pattern"], "Cost: $0.01 message, $0.0345 session.") == 0.0345
    told = '{"type":"result","total_cost_usd":0.1234,"usage":{}}'
    assert cost(PRESETS["claude-code"]["cost_pattern"], told) == 0.1234
    assert cost("", "free") is None


SPEAKER = str(Path(__file__).parent / "acp_agent.py")


def killed_agent(kind, script):
    """Return the words that start an agent of ``kind`` which runs ``script``."""
    if kind == "command":
        return ["sh", "-c", script, "agent", "{prompt_file}"]
    turn = f"import subprocess; subprocess.run(['sh', '-c', {script!r}], cwd=cwd)"
    return [sys.executable, SPEAKER, turn]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["command", "acp"])
def test_kill_nine_leaves_no_agent_behind_and_counts_the_session_once(kind, tmp_path):
    mark = f"{time.time():.6f}"  # a number that no other process sleeps for
    first = f"[ -e {tmp_path}/second ] || sleep 300{mark}"
    words = killed_agent(kind, f"{first}; sed -i 's/^X = .*/X = 2.5/' model.py")
    more = f'mounts = ["{tmp_path}", "{SPEAKER}"]\nmax_cost_usd = 2\nsession_cost_usd = 1\n'
    table = f'\n[agents.coder]\nkind = "{kind}"\ncommand = {json.dumps(words)}\n{more}'
    folder = make_toy_lab(tmp_path / "toy", settings=SETTINGS + table)
    run = [sys.executable, "-m", "regency.cli", "run", "--dir", str(folder)]
    run += ["--workers", "1", "--max-candidates", "1"]
    process = subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not _running(mark):
        assert process.poll() is None
        time.sleep(0.1)
    process.kill()
    process.wait()
    end = time.monotonic() + 10
    while _running(mark) and time.monotonic() < end:
        time.sleep(0.1)
    assert not _running(mark)
    (tmp_path / "second").touch()
    subprocess.run(run, check=True, capture_output=True)
    with Lab.open(folder) as lab:
        assert len(lab.store.written("agent.began")) == 2
        assert len(lab.store.written("agent.session")) == 1
        assert lab.store.candidate("c1").record.agent.session == "coder/2"
    again = subprocess.run(run, check=True, capture_output=True, text=True)
    assert "no agent has anything left to propose" in again.stdout  # the killed one costs too


def _running(mark: str) -> bool:
    """Whether a process has ``mark`` in its command line, besides shells that were told it."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0] == b"sleep" and words[1].endswith(mark.encode()):
            return True
    return False
