"""What changed in a definition's head: arguments, defaults, bases, decorators, types."""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence

from regency.oversee.explain.compare import key
from regency.oversee.explain.side import LONGEST, Side, shown
from regency.oversee.outline import FUNCTIONS, Outline, arguments_of, defaults_of
from regency.records import Fact

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def facts(where: str, old: Side, new: Side) -> Iterator[Fact]:
    """Yield what changed in a definition's head: arguments, defaults, bases, decorators, types."""
    was, now = old.node, new.node
    if isinstance(was, ast.Module) or isinstance(now, ast.Module):
        return
    if type(was) is not type(now):
        yield Fact("signature", where, f"{_keyword(was)} → {_keyword(now)}")
    if isinstance(was, FUNCTIONS) and isinstance(now, FUNCTIONS):
        yield from _signature(where, was, now)
        yield from _defaults(where, was, now, old.outline, new.outline)
    elif _bases(was) != _bases(now):
        yield Fact("signature", where, f"({_bases(was)}) → ({_bases(now)})")
    yield from _decorators(where, was, now)


def _keyword(node: ast.AST) -> str:
    names = {ast.FunctionDef: "def", ast.AsyncFunctionDef: "async def", ast.ClassDef: "class"}
    return names[type(node)]


def _bases(node: ast.AST) -> str:
    parts = [*getattr(node, "bases", []), *getattr(node, "keywords", [])]
    return ", ".join(map(ast.unparse, parts))


def _signature(where: str, was: _Function, now: _Function) -> Iterator[Fact]:
    then, here = arguments_of(was), arguments_of(now)
    if then != here:
        text = f"({', '.join(then)}) → ({', '.join(here)})"
        yield Fact("signature", where, text if len(text) <= LONGEST else _plus_minus(then, here))
    types = [_types(node) for node in (was, now)]
    both = [name for name in types[0] if name in types[1] and types[0][name] != types[1][name]]
    if both:
        text = ", ".join(f"{n}: {types[0][n] or 'none'} → {types[1][n] or 'none'}" for n in both)
        yield Fact("type", where, shown(text))


def _types(node: _Function) -> dict[str, str]:
    args = node.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    every += [a for a in (args.vararg, args.kwarg) if a is not None]
    found = {a.arg: ast.unparse(a.annotation) if a.annotation else "" for a in every}
    return found | {"return": ast.unparse(node.returns) if node.returns else ""}


def _defaults(
    where: str, was: _Function, now: _Function, before: Outline, after: Outline
) -> Iterator[Fact]:
    then, here = dict(defaults_of(was)), dict(defaults_of(now))
    common = {a.removeprefix("*") for a in arguments_of(was)} & set(arguments_of(now))
    for name in sorted(common & {*then, *here}):
        if _key(then.get(name)) != _key(here.get(name)):
            old = before.text(then[name]) if name in then else "no default"
            new = after.text(here[name]) if name in here else "no default"
            yield Fact("argument", f"{where}({name})", f"{shown(old)} → {shown(new)}")


def _key(node: ast.AST | None) -> str:
    return key(node) if node is not None else ""


def _decorators(where: str, was: ast.AST, now: ast.AST) -> Iterator[Fact]:
    then, here = (
        ["@" + ast.unparse(d) for d in getattr(node, "decorator_list", [])] for node in (was, now)
    )
    if then != here:
        text = _plus_minus(then, here) if set(then) != set(here) else "in another order"
        yield Fact("decorator", where, text)


def _plus_minus(then: Sequence[str], here: Sequence[str]) -> str:
    more, fewer = Counter(here) - Counter(then), Counter(then) - Counter(here)
    return shown(", ".join([*(f"+{n}" for n in more), *(f"−{n}" for n in fewer)]) or "reordered")
