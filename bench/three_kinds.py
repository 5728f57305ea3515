"""Claude Code, a model behind an API and a person at work on one lab at once, as the README says.

    python bench/three_kinds.py [--keep DIR]

Needs `claude` on PATH; without it that part is left out. All is done by the commands that a user
types, in a fresh folder: `regency init`, `regency run`, then at the same time, as a person,
`regency brief --tree`, an edit and `regency submit --wait`; and a second Claude Code, outside, that
reaches the lab by `regency mcp`. The models are a scripted server on loopback, which speaks like
OpenAI and like Anthropic and always says the same; no key is needed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from scripted_models import Script, edit, serve

from regency.lab import Lab
from toy_lab import SETTINGS, better_model, make_toy_repo

REGENCY = str(Path(sys.executable).parent / "regency")
KEY = "sk-scripted-secret-0123456789"
AGENTS = """
[agents]
claude = {{ kind = "command", preset = "claude-code", model = "sonnet", network = true, \
session_cost_usd = 1, set = {{ ANTHROPIC_BASE_URL = "{claude}" }} }}
local = {{ kind = "model", provider = "openai", base_url = "{local}/v1", \
model = "qwen2.5-coder-7b" }}
"""


def url(script: Script) -> str:
    """Start a server for ``script`` and return its address."""
    return f"http://127.0.0.1:{serve(script).server_address[1]}"


def typed(*words: str, cwd: Path, wait_s: float = 240) -> str:
    """Run a command as a user types it; return what it prints."""
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=wait_s,
                          check=False, stdin=subprocess.DEVNULL)  # fmt: skip
    print(f"$ {' '.join(Path(w).name if w == REGENCY else w for w in words)[:150]}")
    print(f"{(done.stdout + done.stderr).strip()[-500:]}\n[exit code {done.returncode}]\n")
    return done.stdout


def outside(lab: Path, home: Path) -> subprocess.Popen[str]:
    """Start Claude Code outside, with the lab as MCP tools: it tries, submits, takes notes."""
    change = {"files": {"model.py": better_model(2.6)}, "parent": "c0"}
    script = Script(edit(0), "Done.", calls=[
        *[("WaitForMcpServers", {})] * 4,  # a busy machine takes seconds to start it
        ("__brief", {}),
        ("__try", change),
        ("__submit", {**change, "rationale": "Moved X to 2.6.", "claims": ["X is now 2.6"]}),
        ("__notebook", {"write": "Larger X is better."}),
    ])  # fmt: skip
    words = ["mcp", "--dir", str(lab), "--agent", "claude-outside"]
    server = {"mcpServers": {"regency": {"command": REGENCY, "args": words}}}
    (home / "mcp.json").write_text(json.dumps(server))
    told = {"HOME": str(home), "ANTHROPIC_BASE_URL": url(script), "ANTHROPIC_API_KEY": KEY,
            "DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "ENABLE_TOOL_SEARCH": "false", "PATH": os.environ["PATH"]}  # fmt: skip
    command = ["claude", "-p", "Improve the lab by its tools.", "--model", "sonnet",
               "--strict-mcp-config", "--mcp-config", str(home / "mcp.json"),
               "--allowedTools", "mcp__regency"]  # fmt: skip
    return subprocess.Popen(command, cwd=home, env=told, stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip


def person(lab: Path, folder: Path) -> None:
    """Take part as a person."""
    typed(REGENCY, "brief", "--dir", str(lab), "--tree", "work", "--tokens", "500", cwd=folder)
    (folder / "work" / "model.py").write_text(better_model(2.2))
    typed(REGENCY, "submit", "--dir", str(lab), "--worktree", "work", "--rationale",
          "X nearer to 3, by hand.", "--parent", "c0", "--wait", "--max-time", "3m",
          cwd=folder)  # fmt: skip


def work(folder: Path) -> None:
    """Put all of them to work, and print who did what."""
    claude = shutil.which("claude")
    inside = Script(edit(2.4), "Done.")
    model = Script(edit(0), f"model.py\n```\n{better_model(2.8)}```\n")
    tables = AGENTS.format(claude=url(inside), local=url(model))
    if not claude:
        tables = "".join(ln for ln in tables.splitlines(True) if not ln.startswith("claude"))
    lab = make_toy_repo(folder / "lab", SETTINGS + tables)
    os.environ["ANTHROPIC_API_KEY"] = KEY
    typed(REGENCY, "init", ".", "--people", "alone", cwd=lab)
    began = time.monotonic()
    run = subprocess.Popen([REGENCY, "run", "--max-time", "150s", "--workers", "1"], cwd=lab,
                           stdout=subprocess.DEVNULL)  # fmt: skip
    (folder / "home").mkdir()
    other = outside(lab, folder / "home") if claude else None
    person(lab, folder)
    if other is not None:
        print(f"claude, outside, by MCP: {other.communicate(timeout=200)[0].strip()[-300:]}\n")
    run.wait(200)
    print(f"{time.monotonic() - began:.0f} s, run ended with code {run.returncode}\n")
    typed(REGENCY, "status", cwd=lab)
    report(lab)


def report(lab: Path) -> None:
    """Print a line for each candidate, and whether the key is anywhere in the lab."""
    with Lab.open(lab) as opened:
        for found in opened.store.candidates(newest_first=False):
            agent = found.record.agent
            print(f"{found.record.id:<4}{agent.name:<16}{agent.kind:<10}{agent.model:<20}"
                  f"{found.answer or 'waiting':<12}{found.record.rationale[:40]!r}")  # fmt: skip
        tries, notes = opened.store.written("try"), opened.store.notes()
        print(
            f"tries {len(tries)}, notes {len(notes)}, log whole {opened.recorder.log.verify().ok}"
        )
    kept = b"".join(p.read_bytes() for p in lab.rglob("*") if p.is_file())
    print(f"key in the lab's files: {'LEAKED' if KEY.encode() in kept else 'no'}")


def main() -> None:
    """Do it in a fresh folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", help="a new folder to do it in, and leave")
    wanted = parser.parse_args()
    if wanted.keep:
        Path(wanted.keep).mkdir(parents=True)
        work(Path(wanted.keep).resolve())
        return
    with tempfile.TemporaryDirectory(prefix="regency-three-") as folder:
        work(Path(folder))


if __name__ == "__main__":
    main()
