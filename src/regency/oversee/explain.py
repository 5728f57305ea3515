"""What changed, structurally: constants, arguments, functions, calls, imports, reach, control flow.

Facts only, computed from the text before and after; what anyone said about the change is for
`regency.oversee.claims`, how much it matters for `regency.oversee.risk`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from regency.oversee.access import reached
from regency.oversee.outline import Definition, Outline, Value, outline
from regency.records import Fact
from regency.repo import diff

_LONGEST = 100
_MOST_CALLS = 12


def facts(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[Fact, ...]:
    """Return what changed between two trees, by file and in reading order.

    Args:
        before: Path → content.
        after: Path → content.
    """
    found: list[Fact] = []
    for path in sorted(p for p in {*before, *after} if before.get(p) != after.get(p)):
        found += _file(path, before.get(path), after.get(path))
    return tuple(_moved_between_files(found, before, after))


def _file(path: str, before: bytes | None, after: bytes | None) -> list[Fact]:
    added, removed = diff.changed_lines(before, after)
    found = []
    if before is None:
        found.append(Fact("file", path, f"new file, {added} lines"))
    if after is None:
        return [Fact("file", path, f"deleted, {removed} lines")]
    if diff.is_binary(before) or diff.is_binary(after):
        return [Fact("file", path, f"binary, {len(before or b'')} → {len(after)} bytes")]
    now = outline(after) if path.endswith(".py") else None
    then = outline(before) if before is not None and path.endswith(".py") else Outline()
    if now is not None and then is not None:
        return found + _python(path, then, now)
    if path.endswith(".py") and then is not None:
        found.append(Fact("syntax", path, "not valid Python any more"))
    return found + _text(path, before or b"", after)


def _text(path: str, before: bytes, after: bytes) -> list[Fact]:
    return [
        Fact("text", f"{path}:{hunk.new_start}", _sizes(hunk.lines))
        for file in diff.parse(diff.unified(path, before, after, context=0))
        for hunk in file.hunks
    ]


def _sizes(lines: tuple[str, ...]) -> str:
    marks = Counter(line[:1] for line in lines)
    return f"{marks['+']} lines added, {marks['-']} removed"


def _python(path: str, before: Outline, after: Outline) -> list[Fact]:
    if before.structure == after.structure:
        return [Fact("text", path, "only comments or layout")]
    said: set[int] = set()
    found = list(_values(path, before, after, said))
    found += _definitions(path, before, after, said)
    found += _imports(path, before, after)
    found += [Fact("access", path, f"{kind}: {_shown(', '.join(names))}")
              for kind, names in reached(before, after).items()]  # fmt: skip
    found += _counts("call", path, before.calls, after.calls)
    found += _counts("control flow", path, before.flow, after.flow)
    if before.rest != after.rest:
        found.append(Fact("statement", path, _rest(before.rest, after.rest)))
    return found or [Fact("statement", path, "statements changed or moved")]


def _values(path: str, before: Outline, after: Outline, said: set[int]) -> Iterator[Fact]:
    for name in dict.fromkeys([*before.values, *after.values]):
        old, new = before.values.get(name, []), after.values.get(name, [])
        where = f"{path}::{name}"
        if len(old) == len(new):
            for then, now in zip(old, new, strict=True):
                if then.text != now.text:
                    said.add(now.line)
                    text = f"{_shown(then.text)} → {_shown(now.text)}"
                    yield Fact(now.kind, where, text)
        elif _own_scope_stays(name, before, after):
            yield Fact((new or old)[0].kind, where, f"{_listed(old)} → {_listed(new)}")


def _own_scope_stays(name: str, before: Outline, after: Outline) -> bool:
    """Return whether the function or class that ``name`` lies in exists on both sides."""
    scope = name.partition("(")[0] if "(" in name else name.rpartition(".")[0]
    inside = [s for s in (before, after) if scope in s.definitions]
    return len(inside) == 2 or not any(scope in s.definitions for s in (before, after))


def _definitions(path: str, before: Outline, after: Outline, said: set[int]) -> list[Fact]:
    found = []
    gone = {n: d for n, d in before.definitions.items() if n not in after.definitions}
    new = {n: d for n, d in after.definitions.items() if n not in before.definitions}
    for name, definition in list(gone.items()):
        twin = next((n for n, d in new.items() if d.body == definition.body), "")
        if twin:
            found.append(_renamed(path, name, twin, definition))
            del gone[name], new[twin]
    found += [Fact(d.kind, f"{path}::{n}", f"removed, {_length(d)} lines") for n, d in gone.items()]
    found += [Fact(d.kind, f"{path}::{n}", f"added, {_length(d)} lines") for n, d in new.items()]
    for name, now in after.definitions.items():
        then = before.definitions.get(name)
        if then is not None and then.kind == now.kind == "function":
            found += _changed(f"{path}::{name}", then, now, said)
        elif then is not None and (then.kind, then.signature) != (now.kind, now.signature):
            text = f"{then.kind} ({then.signature}) → {now.kind} ({now.signature})"
            found.append(Fact("class", f"{path}::{name}", text))
    return found


def _renamed(path: str, name: str, twin: str, definition: Definition) -> Fact:
    same = name.rpartition(".")[2] == twin.rpartition(".")[2]
    return Fact(definition.kind, f"{path}::{twin}", f"{'moved' if same else 'renamed'} from {name}")


def _changed(where: str, then: Definition, now: Definition, said: set[int]) -> Iterator[Fact]:
    if then.signature != now.signature:
        yield Fact("signature", where, f"({then.signature}) → ({now.signature})")
    if then.shape == now.shape:
        pairs = zip(then.literals, now.literals, strict=True)
        for (old, _), (new, line) in pairs:
            if old != new and line not in said:
                yield Fact("literal", f"{where}:{line}", f"{_shown(old)} → {_shown(new)}")
    elif then.body != now.body:
        yield Fact("function", where, f"changed, {_length(then)} → {_length(now)} lines")


def _imports(path: str, before: Outline, after: Outline) -> list[Fact]:
    found = [Fact("import", path, f"added {n}") for n in sorted(after.imports - before.imports)]
    gone = sorted(before.imports - after.imports)
    return found + [Fact("import", path, f"removed {n}") for n in gone]


def _counts(kind: str, path: str, before: Counter[str], after: Counter[str]) -> list[Fact]:
    more, fewer = after - before, before - after
    parts = [f"+{n} {name}" for name, n in sorted(more.items())]
    parts += [f"−{n} {name}" for name, n in sorted(fewer.items())]
    if len(parts) > _MOST_CALLS:
        parts = [*parts[:_MOST_CALLS], f"and {len(parts) - _MOST_CALLS} more"]
    return [Fact(kind, path, ", ".join(parts))] if parts else []


def _rest(before: Counter[str], after: Counter[str]) -> str:
    added, removed = (after - before).total(), (before - after).total()
    return f"top-level statements: {added} added or changed, {removed} removed or changed"


def _moved_between_files(
    found: list[Fact], before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> Iterator[Fact]:
    """Say "moved" where a function left one file and one with the same body came elsewhere."""
    gone = _bodies([f for f in found if f.text.startswith("removed, ")], before)
    came = _bodies([f for f in found if f.text.startswith("added, ")], after)
    for fact in found:
        if fact.where in came and came[fact.where] in gone.values():
            source = next(w for w, body in gone.items() if body == came[fact.where])
            yield Fact(fact.kind, fact.where, f"moved from {source}")
        elif not (fact.where in gone and gone[fact.where] in came.values()):
            yield fact


def _bodies(found: list[Fact], files: Mapping[str, bytes]) -> dict[str, str]:
    bodies = {}
    for fact in found:
        path, _, name = fact.where.partition("::")
        read = outline(files.get(path, b"")) if fact.kind in ("function", "class") else None
        if read is not None and name in read.definitions:
            bodies[fact.where] = f"{name.rpartition('.')[2]}\n{read.definitions[name].body}"
    return bodies


def _length(definition: Definition) -> int:
    return definition.end - definition.line + 1


def _listed(values: list[Value]) -> str:
    return _shown(", ".join(value.text for value in values)) or "nothing"


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
