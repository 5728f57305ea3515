"""Two hundred edits of `tiny_lm` that change nothing that matters: how many are kept?

    python bench/null_edits.py [EDITS]

A fresh real lab, real training, the shipped path from proposal to verdict. The edits are names,
the order of independent lines, and other seeds, in equal parts, and one comment for every ten of
them. Beside it, on the same first search trials, the rules that most loops use. Each edit takes
2 CPU-seconds or more.
"""

import ast
import io
import itertools
import random
import sys
import tempfile
import time
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from null_labs import kept_if_better_once, kept_over_champion

from regency.lab import Lab, create
from regency.lab.create import Wish
from regency.lab.lab import Plan
from regency.records import Agent, Event, FileEdit, Proposal

FILE = "train.py"
SYNONYMS = ("value", "this", "part", "item", "x", "data", "current", "local", "made", "kept")


def renamed(source: str, rng: random.Random) -> str:
    """Return ``source`` with two to four local variables or parameters renamed."""
    tree = ast.parse(source)
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id.islower()}
    stored = {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    # Nothing that is also an attribute, a keyword, a parameter, a function, or in an f-string.
    other = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    other |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.keyword | ast.arg) and n.arg}
    other |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    texts = [n for n in ast.walk(tree) if isinstance(n, ast.JoinedStr)]
    other |= {n.id for text in texts for n in ast.walk(text) if isinstance(n, ast.Name)}
    free = sorted((names & stored) - other)
    chosen = rng.sample(free, rng.randint(2, min(4, len(free))))
    new = {name: f"{rng.choice(SYNONYMS)}_{name}" for name in chosen}
    lines = source.splitlines(keepends=True)
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    for token in reversed(tokens):
        if token.type == tokenize.NAME and token.string in new:
            (row, start), (_, end) = token.start, token.end
            lines[row - 1] = lines[row - 1][:start] + new[token.string] + lines[row - 1][end:]
    return "".join(lines)


def reordered(source: str, rng: random.Random) -> str:
    """Return ``source`` with one to three pairs of neighbouring independent statements swapped."""
    for _ in range(rng.randint(1, 3)):
        places = list(_independent(ast.parse(source)))
        first, second = rng.choice(places)
        lines = source.splitlines()
        a, b = first.lineno - 1, first.end_lineno
        c, d = second.lineno - 1, second.end_lineno
        lines[a:d] = [*lines[c:d], *lines[b:c], *lines[a:b]]
        source = "\n".join(lines) + "\n"
    return source


def _independent(tree: ast.AST) -> Iterator[tuple[ast.stmt, ast.stmt]]:
    """Yield neighbouring assignments that neither read nor write what the other writes."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        for first, second in itertools.pairwise(body):
            if isinstance(first, ast.Assign) and isinstance(second, ast.Assign):
                reads = [_names(s, ast.Load) for s in (first, second)]
                writes = [_names(s, ast.Store) | _bases(s) for s in (first, second)]
                drawn = any(isinstance(n, ast.Call) and "rng" in ast.unparse(n) for s in
                            (first, second) for n in ast.walk(s))  # fmt: skip
                if not drawn and not (writes[0] & (reads[1] | writes[1]) or writes[1] & reads[0]):
                    yield first, second


def _names(statement: ast.stmt, context: type[ast.expr_context]) -> set[str]:
    found = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
    return {n.id for n in found if isinstance(n.ctx, context)}


def _bases(statement: ast.Assign) -> set[str]:
    """Return the names whose items are assigned."""
    targets = (n for t in statement.targets for n in ast.walk(t) if isinstance(n, ast.Subscript))
    return {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}


def reseeded(source: str, rng: random.Random) -> str:
    """Return ``source`` with another stream of random numbers for every seed."""
    return source.replace("default_rng(seed)", f"default_rng([seed, {rng.randrange(1, 10**6)}])")


def commented(source: str, rng: random.Random) -> str:
    """Return ``source`` with one more comment."""
    lines = source.splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("CONTEXT"))
    lines.insert(place, f"# Remark {rng.randrange(10**6)}: nothing new.")
    return "\n".join(lines) + "\n"


KINDS = {"names": renamed, "order of lines": reordered, "another seed": reseeded}


def edits(source: str, count: int) -> list[tuple[str, str]]:
    """Return ``count`` different edits and a tenth as many comments: kind and new source."""
    rng, made, seen = random.Random(1), [], {source}
    kinds = [kind for n in range(count) for kind in [tuple(KINDS)[n % len(KINDS)]]]
    for kind in kinds + ["comment"] * (count // 10):
        for _ in range(1000):
            new = {**KINDS, "comment": commented}[kind](source, rng)
            compile(new, FILE, "exec")
            if new not in seen:
                break
        seen.add(new)
        made.append((kind, new))
    rng.shuffle(made)
    return made


def proposals(lab: Lab, count: int) -> list[Proposal]:
    """Return the edits as proposals; what kind each is stands in its notes."""
    source = lab.ask()[1][FILE].decode()
    agent = Agent("nothing", "null")
    return [
        Proposal((FileEdit(FILE, new.encode()),), f"Changed {kind}.", agent, notes={"kind": kind})
        for kind, new in edits(source, count)
    ]


def main() -> None:
    """Run the lab and print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    started = time.monotonic()

    def show(event: Event) -> None:
        if event.kind == "verdict":
            print(f"{time.monotonic() - started:.0f} s: {dict(event.data)}", file=sys.stderr)

    with tempfile.TemporaryDirectory() as folder:
        lab = create(Path(folder) / "lab", Wish(template="tiny_lm", simulated=True))
        with lab:
            lab.tell(proposals(lab, count))
            summary = lab.run(Plan(candidates=count), show)  # as many as wait, so nobody proposes
            report(lab, summary.promoted, time.monotonic() - started)


def report(lab: Lab, promoted: tuple[str, ...], wall_s: float) -> None:
    """Print what was kept."""
    calibration = lab.store.calibration()
    assert calibration is not None
    standing = [s for s in lab.store.candidates(newest_first=False) if s.number]
    run = [s for s in standing if lab.store.trials(s.record.id, "search")]
    screened = Counter(str(s.record.notes["kind"]) for s in standing if s.gate == "screen")
    tested = [v for s in standing for v in lab.store.verdicts(s.record.id) if v.gate == "confirm"]
    firsts = {s.record.id: lab.store.trials(s.record.id, "search")[0].score for s in run}
    by_two = sum(
        calibration.search_mean - score > 2 * calibration.noise_sd
        for score in firsts.values()
        if score is not None
    )
    counts = lab.store.counts()
    print(f"{len(standing)} edits that change nothing; {dict(screened)} refused before any run")
    print(f"{len(run)} run, {counts.trials} trials, {counts.cpu_s:.0f} CPU s, {wall_s:.0f} s; "
          f"noise sd of a pair {calibration.noise_sd:.4f}")  # fmt: skip
    print(f"answers: {dict(counts.answers)}")
    print("| rule | kept | of | share |\n| --- | --- | --- | --- |")
    for name, kept in (
        ("Regency: promoted", len(promoted)),
        ("Regency: nominated for a test", counts.nominations),
        ("keep if better once than the best so far", kept_if_better_once(lab)),
        ("keep if better once than the champion's mean", kept_over_champion(lab)),
        ("keep if better once by 2 noise sd", by_two),
    ):
        print(f"| {name} | {kept} | {len(run)} | {kept / len(run):.1%} |")
    kinds = Counter(str(s.record.notes["kind"]) for s in run)
    means = {
        kind: [firsts[s.record.id] for s in run if s.record.notes["kind"] == kind] for kind in kinds
    }
    for kind, scores in means.items():
        valid = [s for s in scores if s is not None]
        print(f"{kind}: {len(scores)} run, mean {sum(valid) / len(valid):.4f}, "
              f"champion {calibration.search_mean:.4f}")  # fmt: skip
    for verdict in tested:
        print(f"tested {verdict.candidate}: {verdict.answer} after {verdict.looks} pairs")


if __name__ == "__main__":
    main()
