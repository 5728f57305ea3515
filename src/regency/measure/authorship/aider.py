"""Aider's published share of each release, by aider's own method, quirks included.

Source: ``scripts/blame.py`` of the aider project, which makes the numbers behind "aider wrote 70 %
of the code in this release". It blames with ``-M100 -C100 -C -C`` from one release to the next and
counts text lines, so that a form feed within a line makes two; the second has no known commit and
is counted as nobody's. Only some file types count, and only paths that git does not quote.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

from regency.errors import BadInput, RepositoryError
from regency.measure.authorship.timeline import day
from regency.repo.history import Commit, History

BLAME = ("-M100", "-C100", "-C", "-C", "--abbrev=9")
DIGITS = 9
NOBODY = "Unknown"
WORKERS = 2
_SUFFIXES = (".js", ".py", ".scm", ".sh", "Dockerfile", "Gemfile")
_EXTRA = frozenset(
    f"aider/website/{name}"
    for name in ("index.html", "share/index.md", "_includes/head_custom.html",
                 "_includes/home.css", "docs/leaderboards/index.md")
)  # fmt: skip
_EXCLUDED = frozenset({"aider/website/install.ps1", "aider/website/install.sh"})
_QUOTED = re.compile(r'[^\x20-\x7e]|["\\]')
_SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)


@dataclass(frozen=True, slots=True)
class Release:
    """What aider's method says of one release.

    Attributes:
        start: The release before it.
        end: It, or ``HEAD``.
        date: When it was made.
        authors: Lines by author, as aider names them.
        aider: Lines by aider.
        lines: All lines.
    """

    start: str
    end: str
    date: str
    authors: tuple[tuple[str, int], ...]
    aider: int
    lines: int

    @property
    def percentage(self) -> float:
        """Aider's share in percent, as aider publishes it: with two digits."""
        return round(self.aider / self.lines * 100, 2) if self.lines else 0.0


def releases(path: str, since: str = "", until: str = "", *, each: bool = False) -> list[Release]:
    """Return aider's shares.

    Args:
        path: A folder in the repository.
        since: The release to start from; empty: the newest ``vX.Y.0``.
        until: The release to end at; empty: ``HEAD``.
        each: Every pair of successive ``vX.Y.0`` from ``since`` on; ``until`` does not matter.

    Raises:
        RepositoryError: No such repository or revision.
        BadInput: There is no release to start from.
    """
    history = History.discover(path)
    tags = _release_tags(history)
    start = since or (tags[-1] if tags else "")
    if not start:
        raise BadInput(f"{history.place} has no tag vX.Y.0: give the one to start from, --since.")
    if not each:
        return [_release(history, start, until or "HEAD")]
    first = _version(start)
    if first is None:
        raise BadInput(f"{start} is no version such as v1.2.0: give one with --since.")
    later = [tag for tag in tags if (_version(tag) or first) >= first]
    return [_release(history, a, b) for a, b in pairwise(later)]


def _release(history: History, start: str, end: str) -> Release:
    base, tip = history.resolve(start), history.resolve(end)
    commits = list(history.commits(f"{base}..{tip}"))
    authors = {commit.commit[:DIGITS]: _author(commit) for commit in commits}
    paths = [path for path in history.files(tip) if counts(path)]
    total: Counter[str] = Counter()

    def lines_of(path: str) -> Counter[str]:
        return _lines(_blamed(history, f"{base}..{tip}", path), authors)

    with ThreadPoolExecutor(WORKERS) as pool:
        for found in pool.map(lines_of, paths):
            total.update(found)
    by_aider = sum(n for name, n in total.items() if "(aider)" in name.lower())
    moment = next(iter(history.commits("-1", tip))).authored
    return Release(start, end, day(moment), tuple(total.most_common()), by_aider, total.total())


def counts(path: str) -> bool:
    """Return whether aider counts a file."""
    kept = (
        path.endswith(_SUFFIXES)
        or (path.startswith((".github/workflows/", "aider/resources/")) and path.endswith(".yml"))
        or path in _EXTRA
        or (path.startswith("tests/fixtures/languages/") and "/test." in path)
    )
    left_out = path.endswith("prompts.py") or path.startswith("tests/fixtures/watch")
    return kept and not left_out and path not in _EXCLUDED and not _QUOTED.search(path)


def _author(commit: Commit) -> str:
    said = commit.message.strip().lower()
    marked = said.startswith("aider:") or "co-authored-by: aider" in said
    return commit.author[0].strip() + (" (aider)" if marked else "")


def _blamed(history: History, revisions: str, path: str) -> str:
    try:
        output = history.run("blame", *BLAME, revisions, "--", path)
    except RepositoryError:
        return ""  # aider warns and goes on: a submodule, for instance
    return output.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _lines(text: str, authors: dict[str, str]) -> Counter[str]:
    lines = (line for line in text.splitlines() if not line.startswith("^"))
    return Counter(authors.get(line[:DIGITS], NOBODY) for line in lines)


def _release_tags(history: History) -> list[str]:
    names: Iterable[str] = (ref.removeprefix("refs/tags/") for ref in history.refs("refs/tags/"))
    found = [(version, name) for name in names if (version := _version(name)) is not None]
    return [name for _, name in sorted(found) if name.endswith(".0")]


def _version(tag: str) -> tuple[int, int, int, Sequence[tuple[int, int, str]]] | None:
    """Return a tag's place in the order of Semantic Versioning 2.0.0; None: it is no version."""
    found = _SEMVER.fullmatch(tag[1:])
    if not found:
        return None
    parts = [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in (found[4] or "").split(".")]
    order = parts if found[4] else [(2, 0, "")]  # a release comes after its pre-releases
    return int(found[1]), int(found[2]), int(found[3]), order
