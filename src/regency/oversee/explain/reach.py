"""What Python files reach for more than before, moved code and renamed values aside."""

import builtins
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from regency.oversee.access import reached
from regency.oversee.explain import renames
from regency.oversee.explain.renames import Renames
from regency.oversee.explain.story import Source, Story, paired
from regency.oversee.outline import Outline, used

_BUILT_IN = frozenset((*dir(builtins), "__builtins__"))  # what needs no import


def gains(sources: Sequence[Source]) -> dict[str, dict[str, list[str]]]:
    """Return what each file reaches for more than before, moved code aside.

    Returns:
        Path → category → names; files that reach for nothing more are left out.
    """
    story = paired(sources)
    found = {s.path: gained(s, story) for s in sources if s.new.module is not None}
    return {path: kinds for path, kinds in found.items() if kinds}


def gained(source: Source, story: Story) -> dict[str, list[str]]:
    """Return what a file reaches for more than before, moved code aside: category → names."""
    moved = [was for (path, _), was in story.became.items()
             if path == source.path and was.path != source.pair.old_path]  # fmt: skip
    before = source.old
    for was in moved:
        calls, names = used(was.definition.node, was.outline.aliases)
        before = replace(before, calls=before.calls + calls, names=before.names + names,
                         imports=before.imports | was.outline.imports)  # fmt: skip
    return reached(_by_method(before, story.names), _by_method(source.new, {}))


def _by_method(read: Outline, names: Renames) -> Outline:
    """Return ``read`` with names as the renames have them, and methods of any value as such.

    ``path.unlink`` reaches for files whatever the path is called.
    """
    known = {name.partition(".")[0] for name in read.imports} | _BUILT_IN
    told = {n: _of_any_value(renames.dotted(n, names), known) for n in (*read.names, *read.calls)}
    names_used, calls = (
        _gathered((told[n], count) for n, count in used.items())
        for used in (read.names, read.calls)
    )
    return replace(read, names=names_used, calls=calls)


def _gathered(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, count in pairs:
        found[name] += count
    return found


def _of_any_value(name: str, known: Container[str]) -> str:
    """Return ``….method`` for a method of a value that is neither imported nor built in."""
    root, dot, _ = name.partition(".")
    if root in known:
        return name
    return f"….{name.rpartition('.')[2]}" if dot else "…"
