"""The lab as tools: real server, reference client; the agent's view only, and nobody decides."""

import json
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp_client import connected, refused, talk, told

from regency.errors import BadInput
from regency.lab import Lab
from regency.lab.lab import Plan
from regency.mcp.arguments import checked
from regency.mcp.server import Client, Door, answer
from regency.mcp.table import TOOLS
from regency.mcp.tools import ANSWERS
from regency.records import Agent, FileEdit, Proposal
from toy_lab import AGENT, SETTINGS, better_model, make_toy_lab

NAMES = ["brief", "list_files", "notebook", "read_file", "results", "show", "status", "submit",
         "try", "verdict"]  # fmt: skip
CALLER = Client("reference client", "9.1")


@pytest.fixture(scope="session")
def toy(tmp_path_factory) -> Path:
    return make_toy_lab(tmp_path_factory.mktemp("mcp") / "toy")


@pytest.fixture(scope="session")
def judged(tmp_path_factory) -> Path:
    """A lab in which c1 was promoted and waits as p1, and c2 was found not better."""
    folder = make_toy_lab(tmp_path_factory.mktemp("judged") / "toy")
    with Lab.open(folder) as lab:
        for x in (2.5, 1.5):
            edit = FileEdit("model.py", better_model(x).encode())
            lab.tell([Proposal((edit,), f"Set X to {x}.", Agent("outsider", "external"))])
        lab.run(Plan(wall_s=60, workers=1))
        assert lab.store.champion() == "c1"
    return folder


@pytest.fixture
def copied(tmp_path):
    return lambda lab: Path(shutil.copytree(lab, tmp_path / "lab", symlinks=True))


def called(lab: Path, tool: str, given: object) -> tuple[str, bool]:
    """Call a tool without a server; its text, and whether it is an error."""
    result = answer(Door(lab), tool, given, CALLER)
    return result.content[0].text, bool(result.is_error)


def test_ten_tools_and_none_decides(toy):
    async def listed(session):
        return (await session.list_tools()).tools

    tools = talk(toy, listed)
    assert sorted(tool.name for tool in tools) == NAMES
    assert len(tools) <= 10
    assert set(ANSWERS) == set(TOOLS)
    words = ("approve", "reject", "decide", "ratif", "resume", "pause", "rollback", "policy", "key")
    for tool in tools:
        schema = json.dumps(tool.input_schema)
        takes = " ".join(tool.input_schema.get("properties", {}))
        assert not any(word in f"{tool.name} {takes}" for word in words), tool.name
        assert tool.input_schema["additionalProperties"] is False
        assert tool.annotations.destructive_hint is False
        assert tool.description and "$ref" not in schema
    assert [t.name for t in tools if not t.annotations.read_only_hint] == [
        "try", "submit", "notebook",
    ]  # fmt: skip


def test_an_agent_reads_tries_submits_waits_and_notes(toy, copied):
    lab = copied(toy)

    async def work(session):
        brief = await told(session, "brief")
        assert "Bring x nearer to 3." in brief and "X = 1.0" in brief
        assert "You are Ada-s agent. You may run 20 more trials" in brief
        files = await told(session, "list_files")
        assert {f["path"]: f["editable"] for f in files["files"]} == {
            "model.py": True, "program.md": False,
        }  # fmt: skip
        text = await told(session, "read_file", path="model.py")
        change = {"model.py": text.replace("X = 1.0", "X = 2.9")}
        tried = await told(session, "try", files=change, trials=2)
        assert (tried["key"], tried["left"]) == ("try/Ada-s agent/1", 18)
        assert tried["score"] == pytest.approx(0.01, abs=0.05)
        said = {"rationale": "Moved X.", "claims": ["changes only X"]}
        made = await told(session, "submit", files=change, **said)
        assert made == {"candidate": "c1", "parent": "c0", "answer": "", "reason": ""}
        waiting = await told(session, "verdict", candidate="c1")
        assert waiting == {"candidate": "c1", "answer": "", "running": False, "paused": None}
        note = await told(session, "notebook", write="X near 3 is good.", about=["c1"])
        assert note == {"id": "n1"}
        read = await told(session, "notebook", about=["c1"])
        assert [n["text"] for n in read["notes"]] == ["X near 3 is good."]

    talk(lab, work, name="Ada's agent")
    with Lab.open(lab) as opened:
        record = opened.store.candidate("c1").record
        assert record.agent == Agent("Ada-s agent", "external", version="Ada's agent 9.1")
        assert record.claims == ("changes only X",)
        kinds = {e.kind: e.actor for e in opened.recorder.log.entries()}
        for kind in ("candidate", "try.begun", "try", "note"):
            assert (kinds[kind].kind, kinds[kind].name) == ("agent", "Ada-s agent")
        assert opened.recorder.log.verify().ok


def test_a_patch_and_a_deleted_file(toy, copied):
    lab = copied(toy)
    patch = "--- a/model.py\n+++ b/model.py\n@@ -5 +5 @@\n-X = 1.0\n+X = 2.0\n"
    text, failed = called(lab, "submit", {"patch": patch, "rationale": "Nearer."})
    assert not failed, text
    text, failed = called(lab, "show", {"id": "c1"})
    assert "+X = 2.0" in json.loads(text)["diff"]
    text, failed = called(lab, "submit", {"files": {"nope.py": None}, "rationale": "Gone."})
    assert failed and "not there to be deleted" in text
    text, failed = called(lab, "submit", {"files": {"program.md": "Easy."}, "rationale": "x"})
    assert not failed and json.loads(text)["answer"] == "invalid"  # on record, as for everybody


def test_names(toy, copied, tmp_path):
    named = make_toy_lab(tmp_path / "named", settings=SETTINGS + AGENT)

    async def who(session):
        return (await told(session, "status"))["you"]

    assert talk(toy, who, "--agent", "claude", "--model", "sonnet") == "claude"
    text, _ = answer_as(named, "mutate")
    assert json.loads(text)["you"] == "mcp client mutate"  # not that of a known agent
    for said in ("\x1b[2J\u202e", "", "../../etc", "-" * 300, "a\nb"):
        text, failed = answer_as(named, said)
        assert not failed, text


def answer_as(lab: Path, name: str) -> tuple[str, bool]:
    result = answer(Door(lab), "status", {}, Client(name, "\x00"))
    return result.content[0].text, bool(result.is_error)


@pytest.mark.parametrize(
    ("tool", "given", "says"),
    [
        ("approve", {}, "there is no tool 'approve'"),
        ("try", {}, "give the change"),
        ("try", {"files": {"model.py": 3}}, "files.model.py"),
        ("try", {"files": {"model.py": "X"}, "trials": 101}, "trials"),
        ("try", {"files": {"program.md": "Easy."}}, "may not run here"),
        ("try", {"files": {"../../evil": "x"}}, "may not run here"),
        ("try", {"patch": "not a diff"}, "no unified diff"),
        ("submit", {"files": {"model.py": "X"}}, "rationale"),
        ("submit", {"files": {"model.py": "X"}, "rationale": " "}, "rationale is empty"),
        ("submit", {"patch": "x", "rationale": "y", "worktree": "/etc"}, "worktree"),
        ("read_file", {"path": "../.regency/private/ledger.key"}, "has no file"),
        ("read_file", {"path": "regency.toml"}, "has no file"),
        ("read_file", {"path": "model.py", "candidate": "c99"}, "no candidate"),
        ("show", {"id": "c1' OR 1=1"}, "no candidate"),
        ("verdict", {"candidate": "c0", "wait_s": 1e9}, "wait_s"),
        ("verdict", {"candidate": "c0", "wait_s": float("nan")}, "wait_s"),
        ("notebook", {"write": "x" * 3000}, "the most is 2,000"),
        ("results", {"limit": 0}, "limit"),
        ("results", [], "arguments"),
        ("brief", {"view": "human"}, "view"),
    ],
)
def test_bad_input_is_an_error_of_the_call(toy, tool, given, says):
    text, failed = called(toy, tool, given)
    assert failed
    assert says in text
    assert "Traceback" not in text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=6,
)
KEYS = sorted({name for tool in TOOLS.values() for name in tool.takes.model_fields})
GIVEN = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), JSON, max_size=4) | JSON


@given(st.sampled_from(NAMES), GIVEN)
@settings(max_examples=200, deadline=None)
def test_arguments_of_any_shape_are_checked(name, given):
    with suppress(BadInput):  # and nothing else
        assert type(checked(TOOLS[name].takes, given)) is TOOLS[name].takes


READING = [name for name in NAMES if name not in ("submit", "try", "notebook")]
IDS = st.sampled_from(
    ["c0", "c1", "c2", "p1", "g0", "generation/0", "champion", "", "c-1", "p9", "c1\x00", "\ud800"]
)


@given(st.sampled_from(READING), st.dictionaries(st.sampled_from(KEYS), IDS | JSON, max_size=3))
@settings(max_examples=25, deadline=None)
def test_any_call_is_answered_in_words_and_nothing_of_the_confirm_split_leaks(judged, name, given):
    text, failed = called(judged, name, {**given, "wait_s": 0} if name == "verdict" else given)
    assert "Traceback" not in text
    assert not failed or len(text) < 2000
    assert not leaks(judged, text)


def secrets(lab: Path) -> set[str]:
    """Return every number that rests on the confirm split, as it would be printed."""
    found: set[str] = set()
    with Lab.open(lab) as opened:
        for entry in opened.recorder.log.entries():
            body = entry.body
            if entry.kind == "verdict" and body["gate"] == "confirm":
                found |= {str(body[k]) for k in ("effect", "low", "high", "e_value") if body[k]}
            if entry.kind == "trial" and "confirm" in (body["purpose"], body["split"]):
                found |= {str(body["score"]), *map(str, body["scores"].values())}
        found |= {str(p.packet.risk) for p in opened.store.packets()}
    return {number for number in found if len(number) > 5}


def leaks(lab: Path, text: str) -> set[str]:
    return {number for number in secrets(lab) if number[:8] in text}


def test_no_tool_tells_more_than_the_agents_view(judged):
    known = secrets(judged)
    assert len(known) > 10  # or this test could not fail
    calls = [("status", {}), ("brief", {}), ("results", {}), ("results", {"order": "best"})]
    calls += [("verdict", {"candidate": name}) for name in ("c1", "c2")]
    calls += [("show", {"id": name}) for name in ("c0", "c1", "c2", "p1", "generation/0")]
    whole = ""
    for tool, given_ in calls:
        text, failed = called(judged, tool, given_)
        assert not failed, text
        whole += text
    assert leaks(judged, whole) == set()
    assert '"answer": "better"' in whole  # the answer itself is told
    assert not any(
        f'"{name}":' in whole for name in ("seed", "e_value", "risk", "low", "effect_sd")
    )
    with Lab.open(judged) as lab:
        half = lab.store.calibration().noise_sd / 2
    for row in json.loads(called(judged, "results", {})[0])["candidates"]:
        steps = (row["gain"] or 0.0) / half
        assert abs(steps - round(steps)) < 1e-6


def test_a_wrong_folder_is_told_at_once(tmp_path):
    words = [sys.executable, "-m", "regency.cli", "mcp", "--dir", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not in a lab" in done.stderr


@pytest.mark.parametrize("name", ["\x1b[2J", "x" * 65])
def test_a_name_that_cannot_be_one_is_told_at_once(toy, name):
    words = [sys.executable, "-m", "regency.cli", "mcp", "--dir", str(toy), "--agent", name]
    done = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be an agent's name" in done.stderr


def test_a_lab_that_goes_away_is_an_error_of_the_call(toy, copied):
    lab = copied(toy)

    async def work(session):
        await told(session, "status")
        shutil.rmtree(lab)
        assert "is not a folder" in await refused(session, "status")
        assert "is not a folder" in await refused(session, "try", files={"model.py": "x"})

    talk(lab, work)


def test_a_paused_lab(toy, copied):
    lab = copied(toy)
    text, _ = called(lab, "submit", {"files": {"model.py": better_model(2)}, "rationale": "x"})
    with Lab.open(lab) as opened:
        opened.pause(opened_by(), "Lunch.")
    text, failed = called(lab, "try", {"files": {"model.py": better_model(2)}})
    assert failed and "paused" in text
    began = time.monotonic()
    text, failed = called(lab, "verdict", {"candidate": "c1", "wait_s": 60})
    assert json.loads(text)["paused"] == "Lunch."
    assert time.monotonic() - began < 10


def opened_by():
    from regency.records import Actor, ActorKind

    return Actor(ActorKind.HUMAN, "Ada Tester")


@pytest.mark.slow
def test_two_clients_at_once_and_a_run_in_another_process(tmp_path):
    lab = make_toy_lab(tmp_path / "toy", settings=SETTINGS + AGENT)  # the run goes on
    words = [sys.executable, "-m", "regency.cli", "run", "--dir", str(lab), "--max-time", "160s"]
    xs = {"one": 2.5, "two": 2.8}
    verdicts: list[str] = []

    async def work(name: str) -> None:
        async with connected(lab, "--agent", name) as session:
            change = {"model.py": better_model(xs[name])}
            assert (await told(session, "try", files=change))["fault"] == ""
            made = await told(
                session, "submit", files=change, rationale=f"X = {xs[name]}.", parent="c0"
            )
            found = await told(session, "verdict", candidate=made["candidate"], wait_s=120)
            verdicts.append(found["answer"])

    async def both() -> None:
        with anyio.fail_after(150):
            async with anyio.create_task_group() as group:
                for name in xs:
                    group.start_soon(work, name)

    process = subprocess.Popen([*words, "--workers", "1"], stdout=subprocess.DEVNULL)
    try:
        anyio.run(both)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
    assert len(verdicts) == 2 and any(verdicts)
    with Lab.open(lab) as opened:
        assert opened.recorder.log.verify().ok
        assert len(opened.store.written("try")) == 2
        assert opened.store.proposed("one") == opened.store.proposed("two") == 1


def test_when_the_client_goes_the_server_ends(toy, copied):
    lab = copied(toy)
    called(lab, "submit", {"files": {"model.py": better_model(2.5)}, "rationale": "x"})
    words = [sys.executable, "-m", "regency.cli", "mcp", "--dir", str(lab)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    hello = {"protocolVersion": "2025-06-18", "capabilities": {},
             "clientInfo": {"name": "n", "version": "1"}}  # fmt: skip
    wait = {"name": "verdict", "arguments": {"candidate": "c1", "wait_s": 300}}
    for number, (method, params) in enumerate([("initialize", hello), ("tools/call", wait)]):
        line = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        process.stdin.write(json.dumps(line).encode() + b"\nnonsense\n")
        process.stdin.flush()
    assert b"regency" in process.stdout.readline()
    time.sleep(1)
    process.stdin.close()
    assert process.wait(20) == 0
