"""A repository's commits as far as reviewing is concerned: people, dates, trailers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from regency.errors import RepositoryError
from regency.repo.git import Repo

# Trailers by which somebody says that they looked; by others than the author.
REVIEWED = ("Reviewed-by", "Acked-by", "Approved-by")
SIGNED = "Signed-off-by"
GERRIT = ("Change-Id", "Reviewed-on")
KEYS = (*REVIEWED, SIGNED, *GERRIT)
_TRAILERS = "".join(f"key={key}," for key in KEYS) + "unfold,separator=%x1f"
_PLAIN = ("H", "P", "at", "ct", "aN", "aE", "cN", "cE", "s")
_FORMAT = "tformat:" + "".join(f"%{name}%x00" for name in _PLAIN) + f"%(trailers:{_TRAILERS})"
FIELDS = 10  # of the format; none can hold the NUL between them
_PERSON = re.compile(r"^\s*(.*?)\s*<([^<>]*)>")
_BOT = re.compile(
    r"\[bot\]|^(github|gitlab|gerrit code review|web-flow|bors|mergify|homu|prow)\b"
    r"|\b(bot|robot|automerge)$|noreply@github\.com$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody by name and mail address, through the repository's ``.mailmap``."""

    name: str
    mail: str

    @property
    def machine(self) -> bool:
        """Whether this is a forge or a bot, which takes changes in without reading them."""
        return bool(_BOT.search(self.name) or (_BOT.search(self.mail) and self.name == "GitHub"))

    def same(self, other: "Person") -> bool:
        """Return whether both are the same person, as far as names and addresses say."""
        here, there = self.mail.casefold(), other.mail.casefold()
        return (bool(here) and here == there) or self.name.casefold() == other.name.casefold()


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit.

    Attributes:
        id: Its hash.
        parents: Theirs, the first parent first.
        authored: Author date, Unix seconds.
        committed: Committer date, Unix seconds.
        author: Who wrote it.
        committer: Who put it there.
        subject: First line of the message.
        trailers: Key in lower case → values, of `KEYS` only.
    """

    id: str
    parents: tuple[str, ...]
    authored: int
    committed: int
    author: Person
    committer: Person
    subject: str
    trailers: Mapping[str, tuple[str, ...]]

    def reviewers(self, authors: Sequence["Person"] = ()) -> tuple[Person, ...]:
        """Return those who say in a trailer that they looked.

        Args:
            authors: Who wrote what they looked at, and does not count; default: this author.
        """
        wrote = authors or (self.author,)
        said = (person(v) for key in REVIEWED for v in self.trailers.get(key.lower(), ()))
        return tuple(p for p in said if not p.machine and not any(p.same(a) for a in wrote))

    def second(self) -> Person | None:
        """Return a person who is not the author and took the commit in or signed it off."""
        signed = [person(v) for v in self.trailers.get(SIGNED.lower(), ())]
        for one in (self.committer, *reversed(signed)):
            if not one.same(self.author) and not one.machine:
                return one
        return None


def person(text: str) -> Person:
    """Return who ``Name <mail>`` is; anything else is a name."""
    found = _PERSON.match(text)
    return Person(found[1] or found[2], found[2]) if found else Person(text.strip(), "")


def read(repo: Repo, *revisions: str) -> dict[str, Commit]:
    """Return the commits that ``revisions`` (git's own notation) reach, newest first.

    Raises:
        RepositoryError: Git failed, for example because objects are missing.
    """
    out = repo.run(
        "-c", "mailmap.blob=HEAD:.mailmap", "log", "-z", "--use-mailmap", "--topo-order",
        "--no-color", "--no-show-signature", "--encoding=UTF-8", f"--format={_FORMAT}", "--stdin",
        stdin="".join(f"{r}\n" for r in revisions).encode(),
    )  # fmt: skip
    return {c.id: c for c in _parsed(out.decode("utf-8", "replace"))}


def _parsed(text: str) -> Iterator[Commit]:
    people: dict[tuple[str, str], Person] = {}
    fields = text.split("\0")
    if len(fields) % FIELDS != 1:
        raise RepositoryError("git log gave what is not a list of commits: run `git fsck`.")
    for at in range(0, len(fields) - 1, FIELDS):
        oid, parents, authored, committed, an, ae, cn, ce, subject, trailers = fields[
            at : at + FIELDS
        ]
        author = people.setdefault((an, ae), Person(an, ae))
        committer = people.setdefault((cn, ce), Person(cn, ce))
        yield Commit(
            oid, tuple(parents.split()), int(authored or 0), int(committed or 0), author,
            committer, subject, _trailers(trailers) if trailers else {},
        )  # fmt: skip


def _trailers(text: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in text.split("\x1f"):
        key, colon, value = line.partition(":")
        if colon and value.strip():
            name = key.strip().lower()
            found[name] = (*found.get(name, ()), value.strip())
    return found
