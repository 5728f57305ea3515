"""A difference as claims speak of it: what changed, by the names and kinds that people use."""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from regency.oversee.claims.effect import Effect
from regency.oversee.outline import outline
from regency.records import Fact

LONGEST = 300
_TEST = re.compile(
    r"(^|/)(tests?|testing|specs?|__tests__)(/|$)|(^|/)test_[^/]*$|[._-](test|spec)s?\.\w+$"
    r"|_test\.\w+$|(^|/)conftest\.py$"
)
_PROSE = re.compile(
    r"\.(md|rst|txt|adoc)$|(^|/)(docs?|LICENSE|COPYING|AUTHORS|NOTICE)(/|$)", re.IGNORECASE
)
_DEPENDENCY_FILE = re.compile(
    r"(^|/)(pyproject\.toml|setup\.(py|cfg)|Pipfile|environment\.ya?ml|package\.json|Cargo\.toml|"
    r"go\.mod|Gemfile|(requirements|constraints)[^/]*\.(txt|in))$"
)
_INERT = {"docs", "renamed", "moved", "type"}
_INERT_TEXT = re.compile(r"only comments or layout|only follows|renamed from \S+$|moved from \S+$")
_DERIVED = {"call", "control flow", "docs", "hidden text"}
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_EMPTY = frozenset(
    "a an the of in for to and or its it this that with on at by is are from".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Difference:
    """A change with all that a claim about it can be held against.

    Attributes:
        before: Files before.
        after: Files after.
        facts: What changed structurally.
        measured: Name of a measurement → what it gave.
    """

    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    facts: Sequence[Fact]
    measured: Mapping[str, Effect] = field(default_factory=dict)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The files that differ, sorted."""
        every = {*self.before, *self.after}
        return tuple(sorted(p for p in every if self.before.get(p) != self.after.get(p)))

    @cached_property
    def told(self) -> tuple[Fact, ...]:
        """The facts that say that something changed, not only words, layout or names."""
        return tuple(f for f in self.facts if not is_inert(f))

    @cached_property
    def subjects(self) -> dict[str, str]:
        """What changed → the file it lies in; what merely follows from it left out."""
        return {subject(f): path_of(f) for f in self.told if f.kind not in _DERIVED}

    @cached_property
    def known(self) -> frozenset[str]:
        """The names that the files before and after define or set."""
        read = [outline(files[p]) for files in (self.before, self.after) for p in files
                if p.endswith(".py")]  # fmt: skip
        return frozenset(n for found in read if found for n in (*found.values, *found.definitions))

    @cached_property
    def words_before(self) -> Counter[str]:
        """Identifiers in the changed files before → how often."""
        return _identifiers(self.before[p] for p in self.paths if p in self.before)

    @cached_property
    def words_after(self) -> Counter[str]:
        """Identifiers in the changed files after → how often."""
        return _identifiers(self.after[p] for p in self.paths if p in self.after)


def _identifiers(contents: Iterable[bytes]) -> Counter[str]:
    found: Counter[str] = Counter()
    for content in contents:
        found.update(re.findall(r"[A-Za-z_]\w*", content.decode("utf-8", "replace")))
    return found


def is_inert(fact: Fact) -> bool:
    """Return whether a fact is about words, layout, types or names alone."""
    return fact.kind in _INERT or _INERT_TEXT.search(fact.text) is not None


def path_of(fact: Fact) -> str:
    """Return the file that a fact is about."""
    return re.sub(r":\d+$", "", fact.where.partition("::")[0])


def subject(fact: Fact) -> str:
    """Return what a fact is about, as a person would name it."""
    if fact.kind in ("access", "import", "dependency", "setting"):
        return f"{fact.kind} ({fact.where}: {fact.text[:60]})"
    name = fact.where.partition("::")[2]
    return re.sub(r":?\d*$", "", name) if name.strip(":0123456789") else path_of(fact)


def is_test(path: str) -> bool:
    """Return whether a file is a test, by its name."""
    return _TEST.search(path) is not None


def is_prose(path: str) -> bool:
    """Return whether a file is for people to read, by its name."""
    return _PROSE.search(path) is not None


def is_list_of_dependencies(path: str) -> bool:
    """Return whether a file lists what a project depends on, by its name."""
    return _DEPENDENCY_FILE.search(path) is not None


def words(text: str) -> list[str]:
    """Return the words in lower case: ``LEARNING_RATE``, ``learningRate`` are two each."""
    return [part.lower() for part in _PARTS.findall(text) if part.lower() not in _EMPTY]


def named(phrase: str, name: str) -> str:
    """Return how ``phrase`` names ``name``: ``exactly``, ``loosely``, or not at all, empty."""
    said = words(phrase)
    last = re.split(r"[.(]", name.rstrip(")"))[-1] if "/" not in name else name
    for whole in (name, last):
        parts = words(whole)
        if parts and _contains(said, parts):
            return "exactly"
    initials = "".join(word[0] for word in said)
    parts = words(last)
    if len(initials) > 1 and "".join(parts) == initials:
        return "exactly"
    if name in phrase or (parts and {*map(_stem, parts)} & {*map(_stem, said)}):
        return "loosely"
    return ""


def _contains(said: Sequence[str], parts: Sequence[str]) -> bool:
    stems, wanted = [_stem(w) for w in said], [_stem(w) for w in parts]
    return any(stems[n : n + len(wanted)] == wanted for n in range(len(stems) - len(wanted) + 1))


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def value_of(text: str) -> object:
    """Return the value that a literal's text stands for, the text itself if it is none."""
    try:
        return ast.literal_eval(text.strip().rstrip("."))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text.strip()


def listed(names: Iterable[str], most: int = 4) -> str:
    """Return names in a row, cut to ``most``."""
    every = list(dict.fromkeys(names))
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more
