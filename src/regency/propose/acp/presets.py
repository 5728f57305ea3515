"""How known agents are started so that they speak the protocol; docs/agents/acp.md cites them."""

from collections.abc import Mapping
from typing import Any

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "opencode": {
        "command": ["opencode", "acp"],
        "set": {"OPENCODE_DISABLE_AUTOUPDATE": "1"},
        "ignore": [".opencode/"],
    },
    "gemini": {
        "command": ["gemini", "--acp", "--skip-trust", "-m", "{model}"],
        "env": ["GEMINI_API_KEY"],
        "ignore": [".gemini/"],
        "login": "gemini-api-key",
    },
    "claude-code": {
        "command": ["claude-code-acp"],
        "env": ["ANTHROPIC_API_KEY"],
        "ignore": [".claude/"],
        "set": {"DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"},
    },
}
