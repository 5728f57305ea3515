"""Drives real coding agents end to end through `kind = "command"` or `"acp"`, scripted server.

    python bench/agents.py [--acp] [--only NAME]...

Uses those of aider, mini-swe-agent, opencode, codex, claude-code and gemini whose programs are
on PATH (with `--acp`: opencode, gemini, claude-code as programs of the Agent Client Protocol), each
with its preset, in a lab of its own. No model and no key is needed: the server runs on loopback and
always says the same, so what is measured is the way there and back.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from scripted_models import Script, edit, serve

from regency.lab import Lab
from regency.lab.lab import Plan
from toy_lab import SETTINGS, better_model, make_toy_lab

KEY = "sk-scripted-secret-0123456789"
OPENCODE = """{"provider": {"scripted": {"npm": "@ai-sdk/openai-compatible",
"options": {"baseURL": "{url}/v1", "apiKey": "{env:OPENAI_API_KEY}"},
"models": {"scripted": {}}}}}"""
CODEX = """model_providers.s={name="s",base_url="{url}/v1",
env_key="OPENAI_API_KEY",wire_api="responses"}""".replace("\n", "")
# With a server of one's own it takes a key only if the settings in its home say so, and a shell
# without a terminal of its own likewise.
GEMINI = """#!/bin/sh
mkdir -p "$HOME/.gemini"
cat > "$HOME/.gemini/settings.json" <<END
{"security": {"auth": {"selectedType": "gemini-api-key"}},
"tools": {"shell": {"enableInteractiveShell": false}}}
END
exec PROGRAM "$@"
"""
AGENTS = {
    "aider": ("aider", "openai/scripted", ["OPENAI_API_KEY"], {"OPENAI_API_BASE": "{url}/v1"}, []),
    "mini-swe-agent": (
        "mini", "openai/scripted", ["OPENAI_API_KEY"],
        {"OPENAI_API_BASE": "{url}/v1", "MSWEA_COST_TRACKING": "ignore_errors"}, [],
    ),
    "opencode": (
        "opencode", "scripted/scripted", ["OPENAI_API_KEY"],
        {"OPENCODE_CONFIG_CONTENT": OPENCODE}, [],
    ),
    "codex": (
        "codex", "scripted", ["OPENAI_API_KEY"], {},
        ["-c", 'model_provider="s"', "-c", CODEX],
    ),
    "claude-code": ("claude", "scripted", ["ANTHROPIC_API_KEY"],
                    {"ANTHROPIC_BASE_URL": "{url}"}, []),
    "gemini": ("gemini", "gemini-2.5-pro", ["GEMINI_API_KEY"],
               {"GOOGLE_GEMINI_BASE_URL": "{url}"}, []),
}  # fmt: skip
# Programs that speak the Agent Client Protocol; what they are told is as above.
SPEAKERS = {"opencode": "opencode", "gemini": "gemini", "claude-code": "claude-code-acp"}


def spoken(name: str, url: str, folder: Path) -> str:
    """Return the table of an agent that is talked to over the Agent Client Protocol."""
    from regency.propose.acp.presets import PRESETS
    from regency.propose.command import places

    _, model, env, variables, _ = AGENTS[name]
    lines = ["[agents.coder]", 'kind = "acp"', f"preset = {name!r}", f"model = {model!r}"]
    lines += [f"env = {env!r}", "network = true", "wall_s = 120", "patience = 1"]
    if name == "gemini":
        script = with_a_key(folder)
        words = [str(script), *PRESETS[name]["command"][1:]]
        lines += [f"command = {words!r}", f"mounts = {list(places.needed('gemini', name))!r}"]
    pairs = (f"{n} = '''{v.replace('{url}', url)}'''" for n, v in variables.items())
    return "\n" + "\n".join([*lines, "[agents.coder.set]", *pairs]) + "\n"


def with_a_key(folder: Path) -> Path:
    """Return a script that starts gemini so that it takes a key for a server of one's own."""
    script = folder / "with-a-key"
    script.write_text(GEMINI.replace("PROGRAM", str(shutil.which("gemini"))))
    script.chmod(0o755)
    return script


def settings(name: str, url: str, folder: Path) -> str:
    """Return the agent's table; ``folder`` is for files that it needs."""
    from regency.propose.command import places
    from regency.propose.command.presets import PRESETS

    _, model, env, variables, more = AGENTS[name]
    lines = ["[agents.coder]", 'kind = "command"', f"preset = {name!r}", f"model = {model!r}"]
    lines += [f"env = {env!r}", "network = true", "wall_s = 120", "session_cost_usd = 1"]
    lines += ["patience = 1"]
    if name == "gemini":
        words = [str(with_a_key(folder)), *PRESETS[name]["command"][1:]]
        lines += [f"command = {words!r}", f"mounts = {list(places.needed('gemini', name))!r}"]
    if more:
        command = list(PRESETS[name]["command"])
        place = command.index("-m")
        words = [*command[:place], *(w.replace("{url}", url) for w in more), *command[place:]]
        lines.append("command = [" + ", ".join(f"'''{w}'''" for w in words) + "]")
    if variables:
        pairs = (f"{n} = '''{v.replace('{url}', url)}'''" for n, v in variables.items())
        lines += ["[agents.coder.set]", *pairs]
    return "\n" + "\n".join(lines) + "\n"


def drive(name: str, folder: Path, table: Callable[[str, str, Path], str]) -> dict[str, object]:
    """Run a lab with the agent until it has proposed once; return what came of it."""
    script = Script(edit(2.5), f"model.py\n```\n{better_model(2.5)}```\n")
    if name == "mini-swe-agent":
        script.last = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
    server = serve(script)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        lab = make_toy_lab(folder, settings=SETTINGS + table(name, url, folder.parent))
        started = time.monotonic()
        with Lab.open(lab) as opened:
            opened.run(Plan(candidates=1, workers=1, wall_s=300))
            sessions = opened.store.written("agent.session")
            made = opened.store.candidate("c1") if len(opened.store.candidates()) > 1 else None
            verdict = opened.store.verdict("c1") if len(opened.store.candidates()) > 1 else None
        kept = b"".join(p.read_bytes() for p in lab.rglob("*") if p.is_file())
        last = sessions[-1] if sessions else {}
        return {
            "verdict": str(verdict.answer) if verdict else "none",
            "session_s": last.get("wall_s"),
            "cpu_s": last.get("cpu_s"),
            "calls": len(script.seen),
            "key": "arrived" if any(KEY in key for _, key, _ in script.seen) else "not seen",
            "kept": "leaked" if KEY.encode() in kept else "no",
            "asked": f"{last.get('allowed', 0)}/{last.get('asked', 0)}",
            "version": made.record.agent.version if made else "",
            "lab_s": time.monotonic() - started,
            "fault": last.get("fault", ""),
            "transcript": last.get("transcript", ""),
        }
    finally:
        server.shutdown()


def main() -> None:
    """Print a line for each agent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=sorted(AGENTS))
    parser.add_argument("--acp", action="store_true", help="over the Agent Client Protocol")
    parser.add_argument("--verbose", action="store_true", help="print transcripts")
    wanted = parser.parse_args()
    for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"):
        os.environ[variable] = KEY
    print(
        f"{'agent':<16}{'verdict':<12}{'session':>9}{'CPU':>8}{'calls':>7}  key       in lab"
        + "  leave" * wanted.acp
    )
    table = spoken if wanted.acp else settings
    for name in wanted.only or (SPEAKERS if wanted.acp else AGENTS):
        if shutil.which(SPEAKERS[name] if wanted.acp else AGENTS[name][0]) is None:
            print(f"{name:<16}not installed")
            continue
        with tempfile.TemporaryDirectory(prefix="regency-agents-") as folder:
            told = drive(name, Path(folder) / "lab", table)
        took = f"{told['session_s'] or 0:>7.1f} s{told['cpu_s'] or 0:>6.1f} s"
        line = f"{name:<16}{told['verdict']:<12}{took}{told['calls']:>7}  "
        more = f"{told['asked']} {told['version']}" if wanted.acp else ""
        print(f"{line}{told['key']:<10}{told['kept']:<8}{more}  {told['fault']}".rstrip())
        if wanted.verbose:
            print(told["transcript"])


if __name__ == "__main__":
    main()
