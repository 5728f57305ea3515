"""How known coding agents are started without a person; from their own documentation.

Each is a set of settings that ``[agents.NAME]`` may override; docs/agents/command.md cites the
pages that the flags are from.
"""

from collections.abc import Mapping
from typing import Any

_READ = "Do what standard input says."

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "claude-code": {
        "command": [
            "claude", "-p", "--output-format", "json", "--dangerously-skip-permissions",
            "--max-budget-usd", "{session_cost_usd}", "--model", "{model}",
        ],
        "prompt": "stdin",
        "env": ["ANTHROPIC_API_KEY"],
        "set": {"DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"},
        "ignore": [".claude/"],
        "cost_pattern": r'"total_cost_usd":\s*([0-9.]+)',
    },
    "codex": {
        "command": [
            "codex", "exec", "--dangerously-bypass-approvals-and-sandbox", "--skip-git-repo-check",
            "-m", "{model}", "-",
        ],
        "prompt": "stdin",
        "env": ["CODEX_API_KEY"],
    },
    "gemini": {
        "command": ["gemini", "--yolo", "--skip-trust", "-m", "{model}", "-p", _READ],
        "prompt": "stdin",
        "env": ["GEMINI_API_KEY"],
        "ignore": [".gemini/"],
    },
    "opencode": {
        "command": [
            "opencode", "run", "--auto", "-m", "{model}", "Do what the attached file says.",
            "--file={prompt_file}",
        ],
        "prompt": "file",
        "set": {"OPENCODE_DISABLE_AUTOUPDATE": "1"},
        "ignore": [".opencode/"],
    },
    "aider": {
        "command": [
            "aider", "--model", "{model}", "--message-file", "{prompt_file}", "--yes-always",
            "--no-gitignore", "--no-check-update", "--no-show-release-notes", "--analytics-disable",
            "--no-pretty", "--no-stream", "{editable}",
        ],
        "prompt": "file",
        "ignore": [".aider*"],
        "cost_pattern": r"\$([0-9.]+) session",
    },
    "mini-swe-agent": {
        "command": [
            "mini", "-m", "{model}", "-t", "{prompt}", "--yolo", "--exit-immediately",
            "-l", "{session_cost_usd}", "-o", "{home}/trajectory.json",
        ],
        "prompt": "argument",
        "set": {"MSWEA_CONFIGURED": "true", "MSWEA_SILENT_STARTUP": "1"},
    },
}  # fmt: skip
