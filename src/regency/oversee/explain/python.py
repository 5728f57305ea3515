"""What changed between Python files: the whole difference at once, since code moves and is renamed.

Definitions are paired first (`pairing`), then names that were renamed everywhere are found
(`renames`), and only what is left is compared, unit by unit (`unit`). A unit is a module, class or
function without what is defined inside it.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from regency.oversee.explain import pairing, reach, renames
from regency.oversee.explain.renames import Renames
from regency.oversee.explain.side import Side, shown
from regency.oversee.explain.story import Source, Story, pair_again, paired
from regency.oversee.explain.unit import candidates_of, facts_of
from regency.oversee.outline import FUNCTIONS, Definition, Outline
from regency.records import Fact

_MOST_NAMED = 6


def told(sources: Sequence[Source]) -> dict[str, list[Fact]]:
    """Return what changed in each of the files: path → facts.

    Args:
        sources: All Python files of the difference that could be read on both sides.
    """
    story = paired(sources)
    story.names = _renames(story)
    if story.names:
        pair_again(story)
    return {source.path: _file(source, story) for source in sources}


def _renames(story: Story) -> dict[str, str]:
    """Return the names that were renamed everywhere, definitions among them."""
    likely = Counter(
        (was.last, pairing.last_part(name))
        for (_, name), was in story.became.items()
        if was.last != pairing.last_part(name)
    )
    for source in story.sources:
        likely.update(
            pair for old, new in _units(source, story) for pair in candidates_of(old, new)
        )
    before = [s.old.module for s in story.sources if s.old.module is not None]
    after = [s.new.module for s in story.sources if s.new.module is not None]
    then = {word for s in story.sources for word in s.old.words}
    now = {word for s in story.sources for word in s.new.words}
    return renames.among(likely, then, now, before, after)


def _units(source: Source, story: Story) -> Iterator[tuple[Side, Side]]:
    """Yield the units that are on both sides of a file and whose text differs."""
    for _, old, new in _named_units(source, story):
        if _text(old) != _text(new):
            yield old, new


def _named_units(source: Source, story: Story) -> Iterator[tuple[str, Side, Side]]:
    if source.old.module is not None and source.new.module is not None:
        yield "", Side(source.old.module, source.old), Side(source.new.module, source.new)
    for name, now in source.new.definitions.items():
        then = source.old.definitions.get(name)
        old = Side(then.node, source.old, _length(then)) if then else None
        if then is None and (place := story.outer(source.path, name)) is not None:
            old = Side(place.definition.node, place.outline, place.lines)
        if old is not None and type(old.node) is not ast.Module:
            yield name, old, Side(now.node, source.new, _length(now))


def _text(side: Side) -> list[bytes]:
    node = side.node
    if isinstance(node, ast.Module):
        return side.outline.lines
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    return side.outline.lines[first - 1 : node.end_lineno]


def _length(definition: Definition) -> int:
    return definition.end - definition.line + 1


def _file(source: Source, story: Story) -> list[Fact]:
    if source.new.module is None:
        return [] if source.fresh else _left_behind(source, story)
    found = list(_renamed(source, story))
    if not source.fresh:
        found += _came(source, story)
    for name, old, new in _named_units(source, story):
        if _text(old) != _text(new):
            where = f"{source.path}::{name}" if name else source.path
            found += _unit(where, old, new, story.names)
    found += _gone(source, story)
    found += _order(source)
    found += _imports(source, story)
    return found + _access(source, story)


def _unit(where: str, old: Side, new: Side, names: Renames) -> list[Fact]:
    try:
        if isinstance(old.node, FUNCTIONS) != isinstance(new.node, FUNCTIONS):
            return [Fact("signature", where, "function ↔ class")]
        return facts_of(where, old, new, names)
    except RecursionError:
        return [Fact("function", where, "changed, too deeply nested to be taken apart")]


def _renamed(source: Source, story: Story) -> Iterator[Fact]:
    """Yield what was renamed or moved, definitions first."""
    defined = set()
    for (path, name), was in story.became.items():
        if path != source.path:
            continue
        defined.add(pairing.last_part(name))
        now = source.new.definitions[name]
        same_file = was.path in (source.path, source.pair.old_path)
        verb = "moved" if was.last == pairing.last_part(name) else "renamed"
        start = was.name if same_file else f"{was.path}::{was.name}"
        yield Fact(now.kind, f"{path}::{name}", f"{verb} from {start}")
    module = source.new.module
    if module is None or source.old.module is None or not story.names:
        return
    uses = source.new.words
    names = {o: n for o, n in story.names.items() if o in source.old.words and n in uses}
    if not names:
        return
    here, then = renames.bound(module), renames.bound(source.old.module)
    for old, new in names.items():
        if new in here and old in then and new not in defined:
            times = "1 use" if uses[new] == 1 else f"{uses[new]} uses"
            yield Fact("renamed", f"{source.path}::{new}", f"renamed from {old}, {times}")


def _came(source: Source, story: Story) -> Iterator[Fact]:
    fresh = {n: d for n, d in source.new.definitions.items() if n not in source.old.definitions}
    for name in pairing.outermost(fresh, fresh):
        if (source.path, name) not in story.became:
            yield Fact(fresh[name].kind, f"{source.path}::{name}", _summary(fresh[name]))


def _summary(definition: Definition) -> str:
    text = f"added, {_length(definition)} lines"
    if definition.kind == "class":
        inner = [n for n in definition.node.body if isinstance(n, FUNCTIONS)]
        return text + (f", {len(inner)} methods" if inner else "")
    return text


def _gone(source: Source, story: Story) -> Iterator[Fact]:
    lost = {n: d for n, d in source.old.definitions.items() if n not in source.new.definitions}
    for name in pairing.outermost(lost, lost):
        if (source.pair.old_path, name) not in story.left:
            text = f"removed, {_length(lost[name])} lines"
            yield Fact(lost[name].kind, f"{source.path}::{name}", text)


def _left_behind(source: Source, story: Story) -> list[Fact]:
    """Return what of a deleted file did not move elsewhere."""
    names = pairing.outermost(source.old.definitions, source.old.definitions)
    lost = [n for n in names if (source.pair.old_path, n) not in story.left]
    if not lost or len(lost) == len(names):
        return []
    return [Fact("file", source.path, f"of what it defined, gone for good: {_list(lost)}")]


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _order(source: Source) -> Iterator[Fact]:
    old, new = list(source.old.definitions), list(source.new.definitions)
    names = dict.fromkeys(sorted(pairing.out_of_order(old, new)))
    moved = pairing.outermost(names, names)
    if moved:
        in_order = [n for n in new if n in moved]
        yield Fact("moved", source.path, f"{_list(in_order)}: moved within the file")


def _imports(source: Source, story: Story) -> Iterator[Fact]:
    names = dict(story.names) | _modules(story)
    then, now = source.old.imports, source.new.imports
    more, fewer = set(now - then), set(then - now)
    for name in sorted(fewer):
        if (other := renames.dotted(name, names)) in more:
            more.remove(other)
            fewer.remove(name)
    if source.fresh:
        return
    if more:
        yield Fact("import", source.path, f"added {_list(sorted(more))}")
    if fewer:
        yield Fact("import", source.path, f"removed {_list(sorted(fewer))}")


def _modules(story: Story) -> dict[str, str]:
    """Return old → new name of modules whose file was renamed."""
    found = {}
    for source in story.sources:
        old, new = source.pair.old_path, source.pair.path
        if old and new and old != new:
            pairs = zip(_dotted(old), _dotted(new), strict=False)
            found.update({o: n for o, n in pairs if o != n})
    return found


def _dotted(path: str) -> list[str]:
    return list(reversed(PurePosixPath(path).with_suffix("").parts))


def _access(source: Source, story: Story) -> list[Fact]:
    return [
        Fact("access", source.path, f"{kind}: {shown(', '.join(names))}")
        for kind, names in reach.gained(source, story).items()
    ]


def summary_of_new(outline: Outline) -> str:
    """Return in a few words what a new file defines."""
    kinds = Counter(
        "test" if d.kind == "function" and pairing.last_part(n).startswith("test_") else d.kind
        for n, d in outline.definitions.items()
    )
    plural = {"class": "classes", "function": "functions", "test": "tests"}
    names: Iterable[str] = ("class", "function", "test")
    return ", ".join(f"{kinds[k]} {k if kinds[k] == 1 else plural[k]}" for k in names if kinds[k])
