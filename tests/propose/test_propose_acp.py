"""Agents that speak the Agent Client Protocol: real processes in the real sandbox."""

import json
import logging
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regency.errors import ConfigError, NothingLeft
from regency.lab import Lab
from regency.lab.lab import Plan
from regency.propose.acp import AcpProposer
from regency.propose.acp.heard import Heard
from regency.propose.acp.permissions import DEFAULT, KINDS, OUTSIDE, Rule, decide
from regency.propose.acp.presets import PRESETS
from regency.propose.acp.settings import settings_of
from regency.testing.proposers import EXAMPLE, check_proposer, example_brief
from toy_lab import SETTINGS, make_toy_lab

slow = pytest.mark.slow
AGENT = str(Path(__file__).parent / "acp_agent.py")
KEY = "sk-test/0123456789+secret"
EDIT = "(cwd / 'model.py').write_text((cwd / 'model.py').read_text().replace('0.01', '0.02'))"


class Journal:
    """A journal in memory."""

    def __init__(self) -> None:
        self.hidden = ()
        self.entries = []

    def write(self, kind, body) -> None:
        self.entries.append((kind, json.loads(json.dumps(body))))

    def read(self, kind):
        return tuple(body for k, body in self.entries if k == kind)

    @property
    def last(self):
        return self.read("agent.session")[-1]

    @property
    def asked(self):
        return self.read("agent.permission")


def agent(script, journal=None, **settings):
    """Return an agent whose turn is ``script``."""
    command = [sys.executable, AGENT, script]
    given = {"command": command, "mounts": [AGENT], "patience": 1, "wall_s": 30}
    made = AcpProposer(name="coder", **{**given, **settings})
    made.attach(journal or Journal())
    return made


def raw(code, journal=None, **settings):
    """Return an agent that is a bare program, which need not speak the protocol."""
    given = {"command": [sys.executable, "-c", code], "patience": 1, "wall_s": 20}
    made = AcpProposer(name="coder", **{**given, **settings})
    made.attach(journal or Journal())
    return made


def ask(made):
    return made.propose(example_brief(), EXAMPLE)


@slow
def test_it_keeps_the_contract_of_proposers():
    script = (
        "p = cwd / 'model.py'; p.write_text(p.read_text() + f'B = {os.urandom(4).hex()!r}\\n')\n"
        "await says(agent, session, 'Why.')"
    )
    check_proposer(lambda: agent(script), rounds=2)


def test_a_turn_from_brief_to_proposal():
    journal = Journal()
    script = (
        f"{EDIT}\n"
        "for part in ('I dou', 'bled it.', '\\nClaim: RATE is 0.02'):\n"
        "    await says(agent, session, part)\n"
        "update = acp.start_tool_call('t1', 'Look', kind='read')\n"
        "await agent.session_update(session_id=session, update=update)\n"
        "assert 'Lower the loss.' in text and not self.can.terminal"
    )
    proposal = ask(agent(script, journal))
    (edit,) = proposal.edits
    assert edit.path == "model.py" and b"0.02" in edit.content
    assert (proposal.rationale, proposal.claims) == ("I doubled it.", ("RATE is 0.02",))
    who = proposal.agent
    assert (who.kind, who.model, who.version) == ("acp", "small-1", "scripted 1.2")
    assert who.session == "coder/1"
    told = journal.last
    assert (told["ended"], told["stop"], told["fault"]) == ("exit", "end_turn", "")
    assert "[agent] I doubled it.\nClaim: RATE is 0.02\n[tool_call] {" in told["transcript"]


def test_the_model_that_was_set_is_asked_for():
    assert ask(agent(EDIT, model="large-1")).agent.model == "large-1"


@slow
def test_what_it_writes_to_the_file_for_its_reasons_comes_first():
    script = (
        f"{EDIT}\nawait says(agent, session, 'Chatter.')\n"
        "path = text.split('write to the file ')[1].split()[0]\n"
        "Path(path).write_text('Doubled.')"
    )
    assert ask(agent(script)).rationale == "Doubled."


def test_files_of_its_tree_through_the_protocol_and_no_others(tmp_path):
    (tmp_path / "answers").write_text("41421356")
    journal = Journal()
    script = (
        "read = functools.partial(agent.read_text_file, session_id=session)\n"
        "write = functools.partial(agent.write_text_file, session_id=session)\n"
        "old = (await read(path=str(cwd / 'model.py'))).content\n"
        "await write(content=old.replace('0.01', '0.02'), path=str(cwd / 'model.py'))\n"
        "two = await read(path=str(cwd / 'model.py'), limit=1, line=1)\n"
        "await says(agent, session, repr(two.content))\n"
        "(cwd / 'link').symlink_to('/etc')\n"
        f"for path in ('/etc/passwd', '{tmp_path}/answers', cwd / '../home/x', cwd / 'link/passwd',"
        " cwd / '.git/config', cwd / 'nothing', '/in/session.json'):\n"
        "    for call in (read(path=str(path)), write(content='x', path=str(path))):\n"
        "        try: await call; await says(agent, session, f'REACHED {path} {call}')\n"
        "        except acp.RequestError as error: pass\n"
        "(cwd / 'link').unlink(); (cwd / 'nothing').unlink()\n"
        "try: await agent.create_terminal(command='ls', session_id=session)\n"
        "except acp.RequestError: await says(agent, session, 'no terminal')"
    )
    proposal = ask(agent(script, journal))
    assert [edit.path for edit in proposal.edits] == ["model.py"]
    told = journal.last["transcript"]
    reached = [line for line in told.splitlines() if "REACHED" in line]
    assert len(told.split("REACHED")) - 1 == 1 and "nothing" in reached[0]  # that write is fine
    assert "no terminal" in told and repr(EXAMPLE["model.py"].decode().splitlines(True)[0]) in told


@slow
def test_files_that_are_not_offered_are_refused():
    script = (
        f"{EDIT}\nassert not self.can.fs.read_text_file and not self.can.fs.write_text_file\n"
        "try: await agent.read_text_file(path=str(cwd / 'model.py'), session_id=session)\n"
        "except acp.RequestError: await says(agent, session, 'Refused.')"
    )
    assert ask(agent(script, files=False)).rationale == "Refused."


def test_leave_by_the_rules_and_on_record():
    journal = Journal()
    script = (
        f"{EDIT}\nsaid = [\n"
        " await asks(agent, session, 'edit', 'Change it', cwd / 'model.py'),\n"
        " await asks(agent, session, 'edit', 'Change that', '/etc/passwd'),\n"
        " await asks(agent, session, 'fetch', 'Look it up'),\n"
        " await asks(agent, session, None, 'Whatever'),\n"
        " await asks(agent, session, 'read', 'For ever', names=('allow_always', 'allow_once')),\n"
        " await asks(agent, session, 'fetch', 'No way out', names=('allow_once',)),\n"
        "]\nawait says(agent, session, ' '.join(said))"
    )
    proposal = ask(agent(script, journal))
    assert proposal.rationale == (
        "o-allow_once o-reject_once o-reject_once o-reject_once o-allow_once none"
    )
    asked = journal.asked
    assert [(a["tool"], a["answer"], a["rule"]) for a in asked] == [
        ("edit", "allowed", "rule 1"),
        ("edit", "rejected", OUTSIDE),
        ("fetch", "rejected", "no rule"),
        ("other", "rejected", "no rule"),
        ("read", "allowed", "rule 1"),
        ("fetch", "rejected", "no rule"),
    ]
    assert (asked[1]["title"], asked[1]["paths"]) == ("Change that", ["/etc/passwd"])
    assert {a["session"] for a in asked} == {1}
    assert (journal.last["asked"], journal.last["allowed"]) == (6, 2)


@slow
def test_rules_of_the_lab():
    rules = [
        {"kind": ["edit"], "path": ["*.md"], "answer": "reject"},
        {"kind": ["edit", "fetch"], "answer": "allow"},
    ]
    script = (
        f"{EDIT}\nsaid = [\n"
        " await asks(agent, session, 'edit', 'a', cwd / 'README.md'),\n"
        " await asks(agent, session, 'edit', 'b', cwd / 'model.py'),\n"
        " await asks(agent, session, 'fetch', 'c'),\n"
        " await asks(agent, session, 'execute', 'd'),\n"
        "]\nawait says(agent, session, ' '.join(said))"
    )
    said = ask(agent(script, permissions=rules)).rationale
    assert said == "o-reject_once o-allow_once o-allow_once o-reject_once"


@given(st.sampled_from(KINDS), st.lists(st.text(max_size=12), max_size=3))
def test_no_request_that_leaves_the_tree_is_allowed(kind, paths):
    decision = decide(DEFAULT, kind, paths, "/tmp/work")
    inside = all(not p.startswith("/") or p.startswith("/tmp/work/") for p in paths)
    if not inside or any(".." in p.split("/") for p in paths):
        assert not decision.allowed
    everything = (Rule(answer="allow"),)
    assert not decide(everything, kind, [*paths, "/tmp/work/../x"], "/tmp/work").allowed
    assert not decide(everything, kind, [*paths, "/tmp/workshop"], "/tmp/work").allowed
    assert decide(everything, kind, ["a", "/tmp/work/b"], "/tmp/work").allowed


# ── those that misbehave ─────────────────────────────────────────────────────────────────────────

HELLO = """
import json, sys, os, time, itertools
def say(**message): print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)
def hear(): return json.loads(sys.stdin.readline())
def open_session():
    say(id=hear()["id"], result={"protocolVersion": 1})
    say(id=hear()["id"], result={"sessionId": "s"})
    return hear()
def update(**content): say(method="session/update", params={"sessionId": "s", "update": content})
"""


@pytest.mark.parametrize(
    ("code", "says"),
    [
        pytest.param("sys.exit(3)", "it ended before its turn was over", marks=slow),
        ("open_session(); os._exit(9)", "it ended before its turn was over"),
        pytest.param(
            "open_session(); os.kill(os.getpid(), 11)",
            "it ended before its turn was over",
            marks=slow,
        ),
        ("while True: print('garbage', flush=False)", "lines that are no messages"),
        pytest.param(
            "print('[[[[' * 100000); print('[1, 2]'); print('null')",
            "ended before its turn",
            marks=slow,
        ),
        ("open_session()\nwhile True: sys.stdout.write('x' * 100000)", "line of more than 4 MiB"),
        (
            "open_session(); text = {'type': 'text', 'text': 'x' * 10000}\n"  # noqa: ISC004
            "while True: update(sessionUpdate='agent_message_chunk', content=text)",
            "it sent too much",
        ),
        ("say(id=hear()['id'], error={'code': -32000, 'message': 'Log in'})", "it refused: Log in"),
        pytest.param(
            "say(id=hear()['id'], result={'protocolVersion': 7})", "speaks version 7", marks=slow
        ),
        pytest.param(
            "say(id=hear()['id'], result={'sessions': []})",
            "does not keep to the protocol",
            marks=slow,
        ),
        pytest.param(
            "say(id=hear()['id'], result=17)", "does not keep to the protocol", marks=slow
        ),
        ("say(id=open_session()['id'], result={'stopReason': 'because'})", "not keep to the proto"),
        ("say(id=open_session()['id'], result={'stopReason': 'end_turn'})", "it changed nothing"),
    ],
)
def test_each_misbehaviour_is_one_line_on_record(code, says, monkeypatch, caplog):
    monkeypatch.setattr("regency.propose.acp.wire.MOST_BYTES", 6 << 20)
    journal = Journal()
    with caplog.at_level(logging.DEBUG), pytest.raises(NothingLeft) as told:
        ask(raw(HELLO + code, journal))
    assert says in str(told.value) and "\n" not in str(told.value)
    assert len(journal.read("agent.session")) == 1
    if says != "it changed nothing":
        assert says in journal.last["fault"]
    assert not [r for r in caplog.records if r.levelno > logging.INFO]  # nobody else talks of it


def test_garbage_among_good_messages_does_no_harm():
    code = (
        "ask = open_session()\n"
        "for line in ('', 'x', '{}', '[]', '{\"id\": {}, \"result\": 1}', '{\"id\": 99}',"
        '\'{"method": ["x"]}\', \'{"id": 0, "error": "x"}\', \'{"method": "session/update"}\','
        '\'{"method": "session/update", "params": {"update": 3}}\','
        '\'{"method": "nonsense", "id": 77}\', \'{"method": "nonsense"}\'):\n'
        "    print(line, flush=True)\n"
        "assert 'error' in hear()\n"
        "open('/tmp/work/model.py', 'a').write('# more\\n')\n"
        "update(sessionUpdate='agent_message_chunk', content={'type': 'text', 'text': 'Fine.'})\n"
        "say(id=ask['id'], result={'stopReason': 'end_turn'})"
    )
    assert ask(raw(HELLO + code)).rationale == "Fine."


def test_it_is_asked_to_stop_when_its_time_is_up_and_what_it_did_counts():
    journal = Journal()
    script = (
        f"{EDIT}\nawait self.cancelled.wait()\nawait says(agent, session, 'Stopped.')\n"
        "return 'cancelled'"
    )
    proposal = ask(agent(script, journal, wall_s=5))
    assert proposal.rationale == "Stopped."
    assert (journal.last["ended"], journal.last["stop"]) == ("time", "cancelled")


@slow
def test_one_that_does_not_stop_is_ended():
    journal = Journal()
    begun = time.monotonic()
    script = f"{EDIT}\nos.system('sleep 300 &'); import signal\nwhile True: time.sleep(1)"
    proposal = ask(agent("import time\n" + script, journal, wall_s=5))
    assert time.monotonic() - begun < 60
    assert b"0.02" in proposal.edits[0].content
    assert (journal.last["ended"], journal.last["stop"]) == ("time", "")


def test_one_that_costs_too_much_is_stopped():
    journal = Journal()
    script = (
        f"{EDIT}\nfor cost in (0.2, 0.6):\n"
        "    cost = {'amount': cost, 'currency': 'USD'}\n"
        "    update = acp.schema.UsageUpdate(\n"
        "        session_update='usage_update', size=9, used=1, cost=cost)\n"
        "    await agent.session_update(session_id=session, update=update)\n"
        "await self.cancelled.wait()\nreturn 'cancelled'"
    )
    made = agent(script, journal, session_cost_usd=0.5, max_cost_usd=1.0)
    assert ask(made).notes["cost_usd"] == 0.6
    assert (journal.last["ended"], journal.last["stop"]) == ("money", "cancelled")
    with pytest.raises(NothingLeft, match=r"has spent 0\.60 of 1\.00 USD"):
        ask(made)


def test_closing_ends_the_session():
    journal = Journal()
    made = agent("await asyncio.sleep(300)", journal)
    failed = []

    def work():
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


@slow
def test_a_flood_of_requests_is_answered_and_recorded_up_to_a_bound(monkeypatch):
    monkeypatch.setattr("regency.propose.acp.client.MOST_ASKED", 20)
    journal = Journal()
    script = (
        f"{EDIT}\nasync def one(n):\n"
        "    try: return await asks(agent, session, 'read', str(n))\n"
        "    except acp.RequestError: return 'refused'\n"
        "said = await asyncio.gather(*map(one, range(50)))\n"
        "await says(agent, session, f\"{said.count('o-allow_once')} {said.count('refused')}\")"
    )
    assert ask(agent(script, journal)).rationale == "20 30"
    assert len(journal.asked) == 20


def test_words_that_come_in_pieces_are_one_text():
    heard = Heard()
    for part in (KEY[:5], KEY[5:]):
        chunk = {"type": "text", "text": part}
        heard.update({"sessionUpdate": "agent_message_chunk", "content": chunk})
    assert KEY in heard.transcript() and heard.last_words() == KEY


def test_a_transcript_has_a_bound(monkeypatch):
    monkeypatch.setattr("regency.propose.acp.heard.MOST_TRANSCRIPT", 1000)
    heard = Heard()
    for _ in range(1000):
        heard.update({"sessionUpdate": "plan", "entries": ["x" * 50]})
    assert len(heard.transcript()) < 1200 and heard.transcript().endswith("was left out\n")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "command"),
        ({"preset": "nobody"}, "known are opencode"),
        ({"preset": "gemini"}, "set `model`"),
        ({"command": ["x"], "permissions": [{"answer": "perhaps"}]}, "permissions.0.answer"),
        ({"command": ["x"], "permissions": [{"kind": ["x"], "answer": "allow"}]}, "kind"),
        ({"command": ["x"], "prompt": "stdin"}, "prompt"),
    ],
)
def test_wrong_settings(settings, says):
    with pytest.raises(ConfigError, match=r"agents\.coder") as told:
        settings_of("coder", settings)
    assert says in str(told.value)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_whole(name):
    settings_of("coder", {"preset": name, "model": "m"})
    page = (Path(__file__).parents[2] / "docs" / "agents" / "acp.md").read_text()
    assert f"`{name}`" in page


def git(folder, *words):
    return subprocess.check_output(["git", "-C", str(folder), *words], text=True)


@slow
def test_in_a_lab(tmp_path):
    script = (
        "p = cwd / 'model.py'; p.write_text(p.read_text().replace('X = 1.0', 'X = 2.5'))\n"
        "await asks(agent, session, 'edit', 'Change it', cwd / 'model.py')\n"
        "await says(agent, session, 'Nearer.')"
    )
    words = json.dumps([sys.executable, AGENT, script])
    table = f'\n[agents.coder]\nkind = "acp"\ncommand = {words}\nmounts = ["{AGENT}"]\n'
    table += '[[agents.coder.permissions]]\nkind = ["edit"]\nanswer = "allow"\n'
    folder = make_toy_lab(tmp_path / "toy", settings=SETTINGS + table)
    with Lab.open(folder) as lab:
        lab.run(Plan(candidates=1, workers=1))
        made = lab.store.candidate("c1").record
        assert (made.agent.kind, made.agent.model, made.rationale) == ("acp", "small-1", "Nearer.")
        (asked,) = lab.store.written("agent.permission", "coder")
        assert (asked["tool"], asked["answer"], asked["paths"]) == (
            "edit", "allowed", ["/tmp/work/model.py"],
        )  # fmt: skip
        assert lab.recorder.log.verify().ok
    message = git(folder, "log", "-1", "--format=%B", made.commit)
    assert "Regency-Candidate: c1\nAssisted-by: coder:small-1" in message
    note = git(folder, "notes", "--ref=ai", "show", made.commit)
    lines, _, about = note.partition("---\n")
    (session,) = json.loads(about)["sessions"].values()
    assert session["agent_id"] == {"tool": "coder", "id": "coder/1", "model": "small-1"}
    assert "model.py" in lines
