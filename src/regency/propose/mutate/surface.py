"""All that can be changed in one parent: its editable Python files, parsed, with their sites."""

import hashlib
from collections.abc import Mapping, Sequence

from regency.propose.mutate.hunks import changed_lines
from regency.propose.mutate.literals import Move
from regency.propose.mutate.sites import Site, expression_sites
from regency.propose.mutate.source import Edit, Source
from regency.propose.mutate.statements import statement_sites

Choice = tuple[Site, Move]


class Surface:
    """The editable Python files of one parent.

    Attributes:
        sites: Every site by key, in file order.
        digest: Digest of the parent itself, blind to formatting.
    """

    def __init__(self, files: Mapping[str, bytes], *, statements: bool, siblings: bool) -> None:
        """Parse ``files`` and find their sites; files that do not parse are passed over."""
        self._sources: dict[str, Source] = {}
        self.broken: list[str] = []
        self.sites: dict[str, Site] = {}
        for path, content in sorted(files.items()):
            try:
                self._sources[path] = Source(content)
            except SyntaxError:
                self.broken.append(path)
                continue
            self._find(path, statements=statements, siblings=siblings)
        self._digests = {path: source.digest() for path, source in self._sources.items()}
        self.digest = self._joined(self._digests)

    def _find(self, path: str, *, statements: bool, siblings: bool) -> None:
        source = self._sources[path]
        found = expression_sites(path, source)
        if not siblings:
            found = [s for s in found if s.kind not in {"call", "arithmetic", "comparison"}]
        if statements:
            found += statement_sites(path, source)
        self.sites.update((site.key, site) for site in found)

    def result(self, choices: Sequence[Choice]) -> str:
        """Return the digest of the parent with ``choices`` made.

        Raises:
            SyntaxError: It would not compile, or the choices overlap.
        """
        changed = {path: self._sources[path].digest(e) for path, e in _by_path(choices).items()}
        return self._joined({**self._digests, **changed})

    def contents(self, choices: Sequence[Choice]) -> dict[str, bytes]:
        """Return the changed files, path → content."""
        return {p: self._sources[p].edited(e) for p, e in _by_path(choices).items()}

    @staticmethod
    def _joined(digests: Mapping[str, str]) -> str:
        text = "".join(f"{path}\0{digest}\n" for path, digest in sorted(digests.items()))
        return hashlib.sha256(text.encode()).hexdigest()[:24]


def lines(choices: Sequence[Choice]) -> int:
    """Return how many added and removed lines ``choices`` may make."""
    return sum(changed_lines(site, move.new) for site, move in choices)


def _by_path(choices: Sequence[Choice]) -> dict[str, list[Edit]]:
    edits: dict[str, list[Edit]] = {}
    for site, move in choices:
        edits.setdefault(site.path, []).append((site.start, site.end, move.new.encode()))
    return edits
