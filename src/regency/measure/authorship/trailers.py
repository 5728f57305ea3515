"""What a commit says of itself: trailers, names, and the marks that some tools leave.

Each answer speaks of the commit as a whole.
"""

import re
from collections.abc import Iterator

from regency.measure.authorship.agents import (
    agent_of,
    is_aider,
    is_automation,
    model_in,
    named_agent,
)
from regency.measure.authorship.authors import Author, Category, Source
from regency.repo.history import Commit

_TRAILER = re.compile(r"^([A-Za-z][A-Za-z-]*)\s*:\s*(\S.*?)\s*$", re.MULTILINE)
_PERSON = re.compile(r"^(.*?)\s*<([^<>]*)>$")
_ENTIRE = re.compile(r"^(\d+(?:\.\d+)?)\s*%\s*agent(?:\s*\((\d+)/(\d+) lines\))?", re.IGNORECASE)
_PICKED = re.compile(r"^\(cherry picked from commit ([0-9a-f]{7,64})\)$", re.MULTILINE)


def said_of(commit: Commit) -> list[Author]:
    """Return what a commit says of who made it, strongest source first.

    Args:
        commit: The commit.
    """
    trailers = [(key.lower(), value) for key, value in _TRAILER.findall(commit.message)]
    found = [*_trailers(trailers), *_entire(trailers), *_names(commit), *_aider(commit, trailers)]
    first: dict[Source | None, Author] = {}
    for author in found:
        first.setdefault(author.source, author)
    order = list(Source)
    return sorted(first.values(), key=lambda a: order.index(a.source or Source.AUTOMATION))


def is_candidate(commit: Commit) -> bool:
    """Return whether a Regency lab made the commit."""
    return bool(re.search(r"^Regency-Candidate: ", commit.message, re.MULTILINE))


def picked_from(commit: Commit) -> list[str]:
    """Return the commits that ``git cherry-pick -x`` says this one was made from."""
    return _PICKED.findall(commit.message)


def entire_share(commit: Commit) -> tuple[int, int] | None:
    """Return Entire's word on a commit: lines by agents, and all lines it counted."""
    for key, value in _TRAILER.findall(commit.message):
        said = _ENTIRE.match(value) if key.lower() == "entire-attribution" else None
        if said and said[3]:
            return int(said[2]), int(said[3])
    return None


def _trailers(trailers: list[tuple[str, str]]) -> Iterator[Author]:
    ours = any(key == "regency-candidate" for key, _ in trailers)
    for key, value in trailers:
        if key == "assisted-by":
            yield from _assisted(value, Source.REGENCY if ours else Source.TRAILERS)
        elif key in ("co-authored-by", "generated-by", "co-developed-by"):
            name, email = _person(value)
            agent = agent_of(name, email)
            if agent:
                yield Author(Category.AI, agent, model_in(name, agent), Source.TRAILERS)


def _assisted(value: str, source: Source) -> Iterator[Author]:
    """Read the Linux kernel's form ``AGENT:MODEL [TOOL…]``, or the name of a known agent."""
    name, email = _person(value)
    agent = agent_of(name, email)
    word, colon, model = value.partition("[")[0].partition(":")
    if colon and not email:
        yield Author(Category.AI, named_agent(word), (model.split() or [""])[0], source)
    elif agent or (not email and agent_of(named_agent(name), "")):
        known = agent or named_agent(name)
        yield Author(Category.AI, known, model_in(name, known), source)


def _entire(trailers: list[tuple[str, str]]) -> Iterator[Author]:
    """Read Entire's share: it says how many lines and not which, so only 100 % names them all."""
    for key, value in trailers:
        said = _ENTIRE.match(value) if key == "entire-attribution" else None
        if said:
            every = float(said[1]) >= 100 and (not said[3] or said[2] == said[3])
            category = Category.AI if every else Category.UNKNOWN
            yield Author(category, "", "", Source.ENTIRE)


def _names(commit: Commit) -> Iterator[Author]:
    name, email = commit.author
    agent = agent_of(name, email)
    if agent:
        yield Author(Category.AI, agent, model_in(name, agent), Source.NAMES)
    elif is_automation(name, email):
        yield Author(Category.AUTOMATION, name.lower(), "", Source.AUTOMATION)


def _aider(commit: Commit, trailers: list[tuple[str, str]]) -> Iterator[Author]:
    """Follow aider's convention: a mark behind a name, a subject, or its co-author trailer."""
    signed = is_aider(commit.author[0]) or is_aider(commit.committer[0])
    co_author = next((v for k, v in trailers if k == "co-authored-by" and _is_aiders(v)), "")
    if signed or co_author or commit.message.lower().startswith("aider:"):
        yield Author(Category.AI, "aider", model_in(co_author, "aider"), Source.AIDER)


def _is_aiders(value: str) -> bool:
    return value.lower().startswith("aider")


def _person(value: str) -> tuple[str, str]:
    found = _PERSON.match(value)
    return (found[1].strip(), found[2].strip()) if found else (value.strip(), "")
