"""Names and addresses by which coding agents and other programs sign commits.

A first name is not enough: people are called Claude, Devin and Gemini too. Such a name counts only
with an address that the agent uses.
"""

import re
from dataclasses import dataclass

_AIDER = re.compile(r"\(aider\)\s*$", re.IGNORECASE)
_MODEL = re.compile(r"\(([^()]+)\)")


@dataclass(frozen=True, slots=True)
class Agent:
    """A known agent: name, addresses (whole or ending), and names that nobody else has."""

    name: str
    addresses: tuple[str, ...]
    names: re.Pattern[str]


def _agent(name: str, addresses: str, names: str) -> Agent:
    return Agent(name, tuple(addresses.split()), re.compile(names, re.IGNORECASE))


AGENTS = (
    _agent("claude", "noreply@anthropic.com claude@anthropic.com "
           "claude[bot]@users.noreply.github.com",
           r"claude[ -](code|opus|sonnet|haiku|instant|[0-9]).*|claude\[bot\]"),
    _agent("copilot", "copilot@github.com +copilot@users.noreply.github.com "
           "copilot-swe-agent[bot]@users.noreply.github.com",
           r"(github[ -])?copilot(-swe-agent)?(\[bot\])?( .*)?"),
    _agent("cursor", "cursoragent@cursor.com agent@cursor.com", r"cursor( agent|\[bot\])"),
    _agent("codex", "noreply@openai.com codex@openai.com",
           r"(openai[ -])?codex(\[bot\])?( .*)?|chatgpt( .*)?|chatgpt-codex-connector\[bot\]"),
    _agent("devin", "devin-ai-integration[bot]@users.noreply.github.com",
           r"devin ai|devin-ai-integration(\[bot\])?"),
    _agent("gemini", "gemini-code-assist[bot]@users.noreply.github.com "
           "gemini-cli@google.com noreply@google.com",
           r"(google )?gemini[ -](cli|code|pro|flash|[0-9]).*|gemini-code-assist(\[bot\])?"),
    _agent("jules", "google-labs-jules[bot]@users.noreply.github.com",
           r"google-labs-jules(\[bot\])?"),
    _agent("aider", "@aider.chat", r"aider( \(.*\))?"),
    _agent("amp", "amp@ampcode.com", r"(sourcegraph )?amp code"),
    _agent("opencode", "noreply@opencode.ai", r"opencode"),
    _agent("windsurf", "noreply@codeium.com", r"windsurf( .*)?"),
    _agent("cline", "noreply@cline.bot", r"cline bot"),
    _agent("roo", "roomote@roocode.com", r"roomote|roo code"),
    _agent("openhands", "openhands@all-hands.dev", r"openhands( .*)?|openhands-agent"),
    _agent("amazon-q", "noreply@aws.amazon.com", r"amazon q( .*)?|amazon-q-developer(\[bot\])?"),
    _agent("junie", "junie@jetbrains.com", r"junie(-eap)?\[bot\]"),
    _agent("sweep", "sweep-ai[bot]@users.noreply.github.com", r"sweep-ai(\[bot\])?|sweep\[bot\]"),
)  # fmt: skip

_AUTOMATION = re.compile(
    r"(dependabot|renovate|github-actions|greenkeeper|pre-commit-ci|snyk|weblate|allcontributors"
    r"|semantic-release|release-please|mergify|imgbot|pyup|travis|jenkins|buildbot|circleci)"
    r"([- ]?(bot|preview|ci))?(\[bot\])?|.*\[bot\]|.*[- ]bot",
    re.IGNORECASE,
)


def agent_of(name: str, email: str) -> str:
    """Return the agent that signs as ``name <email>``, empty if none is known to."""
    name, email = name.strip(), email.strip().lower()
    for agent in AGENTS:
        if email and any(_same(email, address) for address in agent.addresses):
            return agent.name
        if agent.names.fullmatch(name):
            return agent.name
    return ""


def named_agent(word: str) -> str:
    """Return the agent that ``word`` names where only agents stand, else the word, simplified."""
    simple = re.sub(r"[^a-z0-9]+", "-", word.strip().lower()).strip("-")
    known = sorted((a.name for a in AGENTS), key=len, reverse=True)
    return next((name for name in known if name in simple.split("-") or simple == name), simple)


def is_aider(name: str) -> bool:
    """Return whether a name carries the mark that aider adds to people's names."""
    return bool(_AIDER.search(name))


def is_automation(name: str, email: str) -> bool:
    """Return whether a bot that is no coding agent signs so: dependencies, CI, formatting."""
    address = email.partition("@")[0].rpartition("+")[2]
    return bool(_AUTOMATION.fullmatch(name.strip()) or address.lower().endswith("[bot]"))


def model_in(name: str, agent: str) -> str:
    """Return the model that a signature names, such as ``Claude Opus 4`` or ``aider (gpt-5)``."""
    if agent == "aider":
        found = _MODEL.search(name)
        return found[1].strip() if found else ""
    words = re.sub(r"\(.*?\)|\[bot\]", "", name).split()
    version = [w for w in words if w.lower() not in (agent, "code", "agent", "github", "openai")]
    named = bool(version) and any(c.isdigit() for c in "".join(version))
    return "-".join([agent, *version]).lower() if named else ""


def _same(email: str, address: str) -> bool:
    if address.startswith(("+", "@")):
        return email.endswith(address) or email == address.removeprefix("+")
    return email == address or email.endswith(f"+{address}")
