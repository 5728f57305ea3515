"""What became of what, over all Python files of a difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from regency.oversee.explain import pairing
from regency.oversee.explain.pairing import FilePair, Place
from regency.oversee.outline import Definition, Outline


@dataclass(frozen=True, slots=True)
class Source:
    """A Python file before and after; an empty outline where there is no file."""

    pair: FilePair
    old: Outline
    new: Outline

    @property
    def path(self) -> str:
        """Where it is now, or was."""
        return self.pair.path or self.pair.old_path

    @property
    def fresh(self) -> bool:
        """Whether there was no such file."""
        return self.old.module is None


@dataclass(slots=True)
class Story:
    """What became of what, over all Python files of a difference."""

    sources: Sequence[Source]
    became: dict[tuple[str, str], Place] = field(default_factory=dict)  # new (path, name) → old
    left: set[tuple[str, str]] = field(default_factory=set)  # old (path, name) that live on
    names: dict[str, str] = field(default_factory=dict)  # renamed everywhere

    def outer(self, path: str, name: str) -> Place | None:
        """Return what a new definition was before, by itself or by what it lies in."""
        known = self.became.get((path, name))
        outer, _, last = name.rpartition(".")
        if known is not None or not outer:
            return known
        above = self.outer(path, outer)
        was = f"{above.name}.{last}" if above else ""
        if above is None or was not in above.outline.definitions:
            return None
        return Place(above.path, was, above.outline.definitions[was], above.outline)


def paired(sources: Sequence[Source]) -> Story:
    """Return the story of ``sources``, definitions paired, names not yet."""
    story = Story(sources)
    gone, came = [], []
    for source in story.sources:
        old, new = source.old.definitions, source.new.definitions
        lost = {n: d for n, d in old.items() if n not in new}
        fresh = {n: d for n, d in new.items() if n not in old}
        gone += _places(source.pair.old_path, lost, source.old)
        came += _places(source.path, fresh, source.new)
    for was, now in pairing.definitions(gone, came):
        story.became[now.path, now.name] = was
        story.left.add((was.path, was.name))
    return story


def pair_again(story: Story) -> None:
    """Pair definitions that are equal once the renamed names are, and were not before."""
    gone, came = [], []
    for source in story.sources:
        old, new = source.old.definitions, source.new.definitions
        lost = {n: d for n, d in old.items()
                if n not in new and (source.pair.old_path, n) not in story.left}  # fmt: skip
        fresh = {n: d for n, d in new.items()
                 if n not in old and story.outer(source.path, n) is None}  # fmt: skip
        gone += _places(source.pair.old_path, lost, source.old)
        came += _places(source.path, fresh, source.new)
    for was, now in pairing.definitions(gone, came, story.names):
        story.became[now.path, now.name] = was
        story.left.add((was.path, was.name))


def _places(path: str, found: Mapping[str, Definition], outline: Outline) -> list[Place]:
    names = pairing.outermost(found, found)
    return [Place(path, name, found[name], outline) for name in names]
