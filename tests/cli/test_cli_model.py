"""A whole lab with an agent behind an API: keys stay out, trials go on, kill -9 costs no answer."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from terminal import piped

from model_server import Server, echoes_key, fails, hangs, says
from regency.lab import Lab
from regency.lab.lab import Plan
from regency.propose.model.caller import BEGUN, ENDED
from toy_lab import AGENT, MODEL, SETTINGS, make_toy_lab

KEY = "sk-lab-0123456789-canary"
SNOOP = """\
import glob
import os
seen = [open(p, "rb").read() for p in glob.glob("/proc/*/environ") if os.access(p, os.R_OK)]
seen += ["".join(map("=".join, os.environ.items())).encode()]
loss = 1000.0 if any(b"sk-lab-" in text for text in seen) else 77.0 if seen else 5.0
"""
SNOOPING = MODEL.replace("with open", SNOOP + "with open")


def whole(text):
    return f"I look around.\n\nmodel.py\n```python\n{text}```\n"


def answer(x):
    block = f"<<<<<<< SEARCH\nX = 1.0\n=======\nX = {x}\n>>>>>>> REPLACE\n"
    return f"Nearer.\n\nmodel.py\n```\n{block}```\n"


def settings(server, **more):
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in more.items())
    return (
        f'{SETTINGS}\n[agents.gpt]\nkind = "model"\nprovider = "openai"\nmodel = "m"\n'
        f'base_url = "{server.url}/v1"\nkey_env = "LAB_KEY"\n{lines}'
    )


def entries(folder, kind):
    with Lab.open(folder) as lab:
        return [e.body for e in lab.recorder.log.entries() if e.kind == kind]


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("LAB_KEY", KEY)


def test_a_key_reaches_no_sandbox_log_ledger_or_page(tmp_path):
    said = [says(f"{KEY} {whole(SNOOPING)}"), fails(500, KEY), echoes_key]
    with Server(*said) as server:
        folder = make_toy_lab(tmp_path / "toy", settings=settings(server))
        run = piped("run", "--max-time", "60s", "--workers", "1", "--dir", str(folder))
        assert run.code == 0, run.err
        assert any(KEY in str(request["headers"]) for request in server.seen)
    told = [run.out, run.err]
    for words in (["status"], ["log"], ["log", "--json"], ["show", "c1"], ["brief"], ["tree"],
                  ["review", "list"], ["status", "--json"]):  # fmt: skip
        done = piped(*words, "--dir", str(folder))
        told += [done.out, done.err]
    export = tmp_path / "export"
    told.append(piped("ledger", "export", str(export), "--dir", str(folder)).err)
    losses = [trial["score"] for trial in entries(folder, "trial") if trial["candidate"] == "c1"]
    assert losses and set(losses) == {77.0}  # it could look, and saw nothing
    assert "[key]" in json.dumps(entries(folder, "candidate"))  # what came back was struck out
    files = [path for top in (folder, export) for path in [top, *top.rglob("*")] if path.is_file()]
    assert len(files) > 20
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    assert KEY not in "".join(told)
    assert "401" in "".join(map(str, entries(folder, ENDED)))


def test_trials_go_on_while_a_model_is_silent(tmp_path):
    begun, release = threading.Event(), threading.Event()
    with Server(hangs(begun, release)) as server:
        folder = make_toy_lab(tmp_path / "toy", settings=settings(server, share=1000) + AGENT)
        with Lab.open(folder) as lab:
            lab.run(Plan(wall_s=12, workers=1))
        assert begun.is_set()
        release.set()
    judged = {body["candidate"] for body in entries(folder, "verdict")}
    assert len(judged) >= 2
    assert [body["counted"] for body in entries(folder, ENDED)] == ["at most"]


def test_kill_9_during_a_call_loses_and_repeats_nothing_but_that_call(tmp_path):
    begun, release = threading.Event(), threading.Event()
    steps = [says(answer(2.0)), hangs(begun, release), says(answer(2.9)), fails(400, "enough")]
    with Server(*steps) as server:
        folder = make_toy_lab(tmp_path / "toy", settings=settings(server))
        command = [sys.executable, "-m", "regency.cli", "run", "--dir", str(folder)]
        run = subprocess.Popen(
            [*command, "--workers", "1"],
            env={**os.environ, "LAB_KEY": KEY},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert begun.wait(60)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        release.set()
        before = len(server.seen)
        assert before == 2
        done = piped("run", "--max-time", "60s", "--workers", "1", "--dir", str(folder))
        assert done.code == 0, done.err
        prompts = [json.dumps(request["body"]["messages"]) for request in server.seen]
    begun_calls, ended = entries(folder, BEGUN), entries(folder, ENDED)
    lost = {body["call"] for body in begun_calls} - {body["call"] for body in ended}
    assert len(lost) == 1  # the one in flight
    candidates = [b for b in entries(folder, "candidate") if b["agent"]["name"] == "gpt"]
    calls = [body["notes"]["call"] for body in candidates]
    answered = [body["call"] for body in ended if body["outcome"] == "answered"]
    assert set(calls) == set(answered)  # everything that was paid for was used
    assert len(answered) == 2
    assert len(prompts) >= 4
    trees = [body["tree"] for body in candidates]
    judged = {body["candidate"] for body in entries(folder, "verdict")}
    assert len(set(trees)) == 2
    with Lab.open(folder) as lab:  # the champion's own score, not the one it replaced
        brief, files = lab.ask()
    x = float(files["model.py"].decode().split("X = ")[1].split()[0])
    assert brief.champion != "c0"
    assert abs(brief.champion_score - (x - 3) ** 2) < 0.1
    assert {body["id"] for body in candidates} <= judged


@pytest.mark.slow
def test_caps_hold_over_runs(tmp_path):
    more = {"max_tokens": 9000, "max_output_tokens": 500}
    answers = [says(answer(2 + n / 100), usage=(1500, 300)) for n in range(40)]
    with Server(*answers) as server:
        folder = make_toy_lab(tmp_path / "toy", settings=settings(server, **more))
        seen = []
        for _ in range(2):
            with Lab.open(folder) as lab:
                lab.run(Plan(wall_s=60, workers=1), seen.append)
        calls = len(server.seen)
    spent = sum(body["tokens_in"] + body["tokens_out"] for body in entries(folder, ENDED))
    assert 1800 <= spent == 1800 * calls <= 9000
    assert any("raise max_tokens" in str(event.data) for event in seen if event.kind == "silent")


def test_a_run_without_its_key_says_so(tmp_path, monkeypatch):
    monkeypatch.delenv("LAB_KEY")
    with Server(says("")) as server:
        folder = make_toy_lab(tmp_path / "toy", settings=settings(server))
        done = piped("run", "--dir", str(folder))
    assert done.code == 2
    assert "LAB_KEY" in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_without_the_extra_it_says_what_to_install():
    code = (
        "import sys; sys.modules['httpx2'] = None\n"
        "from regency import plugins\n"
        "plugins.load('regency.proposers', 'model')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'regency[llm]'" in done.stderr


def test_regency_does_not_load_it():
    code = "import regency.lab, regency.loop, sys; print('httpx2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
