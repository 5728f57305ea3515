"""A review packet for a human: what changed, on what evidence, at what risk."""

from rich.console import Console, Group
from rich.padding import Padding
from rich.text import Text

from regency.cli import numbers, paper
from regency.cli.program import program
from regency.cli.text import clean
from regency.records import Json

MOST_DROPPED = 6
VERDICTS = {"holds": "holds", "fails": "contradicted", "unknown": "cannot be checked"}
MARKS = {"holds": ("✓", "green"), "fails": ("✗", "bold red"), "unknown": ("?", "yellow")}


def draw(found: Json, out: Console, folder: str = ".") -> None:
    """Print what `dossier.packet` gave, and what to do about it."""
    out.print(paper.heading(f"Packet {found['id']}"), Text(found["status"], style="cyan"))
    table = paper.pairs()
    for name, value in _summary(found):
        table.add_row(name, paper.prose(value))
    out.print(table)
    if found["trust"] != "blind":
        out.print(Text("SELF-REPORTED: the candidates say these scores.", style="bold red"))
    draw_evidence(found, out)
    failed = any(c["result"] == "fails" for change in found["changes"] for c in change["claims"])
    if found.get("minimised_from") and failed:
        out.print(paper.prose(
            "\nA claim is held against its candidate's own step: what it is contradicted by may be "
            "among what was left out since.", "dim"))  # fmt: skip
    for change in found["changes"]:
        _draw_change(change, out)
    if found["status"] == "open":
        _draw_next(found["id"], out, folder)


def draw_evidence(found: Json, out: Console) -> None:
    """Print the table of the promotions; only answers where the numbers are withheld."""
    out.print(Text("\nEvidence", style="bold"))
    if not found["evidence"] or "effect" not in found["evidence"][0]:
        for row in found["evidence"]:
            out.print(f"  {row['candidate']} against {row['champion']}:", paper.prose(row["words"]))
        return
    table = paper.table("candidate", "against", "better by", "interval", "pairs", "chance of luck")
    for row in found["evidence"]:
        table.add_row(
            f"{row['candidate']} (simpler)" if row.get("margin") else row["candidate"],
            row["champion"],
            numbers.gain(row["effect"], found["noise_sd"]),
            numbers.interval(row["low"], row["high"], row["level"]),
            str(row["looks"]),
            _luck(row),
        )
    out.print(table)
    for row in found["evidence"]:
        for finding in row["findings"]:
            mark, style = MARKS["holds" if finding["passed"] else "fails"]
            name = Text(f"  {mark} {row['candidate']}: guard ", style=style)
            out.print(name, paper.line(finding["message"]), sep="")


def _luck(row: Json) -> str:
    if row["answer"] == "as good":
        return f"a part of {row['champion']}: loses more than may be lost under " + numbers.odds(
            row["level"]
        )
    return f"under {numbers.odds(row['level'])} (e-value {row['e_value'] or 0:,.0f})"


def draw_ruling(policy: Json, out: Console) -> None:
    """Print what policy says, condition by condition."""
    draw_conditions(policy, out)
    rule = policy["rule"] or "none matches: denied by default"
    out.print(Text("rule: ", style="dim"), paper.line(rule), sep="")
    if policy["rule"]:
        needed = numbers.count(policy["needed"], "approval")
        out.print(Text(f"needs {needed}, has {policy['given']}"))
    out.print(paper.prose(policy["message"]))
    if policy["add"]:
        out.print(Text(f"\n{clean(policy['add'])}", style="green"))


def draw_conditions(policy: Json, out: Console) -> None:
    """Print every condition that was looked at, with what it found."""
    for condition in policy["conditions"]:
        mark, style = MARKS["holds" if condition["passed"] else "fails"]
        out.print(
            Text(f"  {mark} ", style=style),
            paper.line(condition["text"]),
            Text(" "),
            paper.line(condition["reason"], "dim"),
            sep="",
        )


def _summary(found: Json) -> list[tuple[str, str]]:
    rows = [
        ("would ratify", f"{found['head_candidate']}, commit {found['head_commit'][:12]}"),
        ("net change since", f"generation {found['base_generation']}"),
        ("takes", f"{numbers.minutes(found['minutes'])} to review"),
    ]
    if found.get("minimised_from"):
        rows.append(("minimised", _minimised(found)))
    if "total" in found:
        total = found["total"]
        gain = numbers.gain(total["gain"], found["noise_sd"])
        sure = numbers.interval(total["low"], total["high"], total["level"])
        rows.insert(1, ("gain", f"{found['metric']} better by {gain}; {sure}"))
    if "risk" in found:
        rows.append(("risk", f"{found['risk']:.2f} of 1"))
    if found["closed"]:
        rows.append(("closed", found["closed"]))
    rows += [("decided", _decided(decision)) for decision in found["decisions"]]
    return rows


def _minimised(found: Json) -> str:
    dropped = "; ".join(found["dropped"][:MOST_DROPPED])
    more = len(found["dropped"]) - MOST_DROPPED
    return (
        f"{found['lines_before']} → {numbers.count(found['lines'], 'line')}: left out of "
        f"{found['minimised_from']} because the gain is kept without: {dropped}"
        + (f"; and {more} more" if more > 0 else "")
    )


def _decided(decision: Json) -> str:
    took = f", after {numbers.minutes(decision['minutes'])}" if decision.get("minutes") else ""
    who = f"{decision['by']['name']} ({decision['assurance']}{took})"
    return f"{decision['answer']} by {who}: {decision['reason']}"


def _draw_change(change: Json, out: Console) -> None:
    out.print(Text(f"\n{change['id']} ", style="bold cyan"), paper.heading(change["title"]), sep="")
    parts = [paper.line(f"{f['kind']} {f['where']}: {f['text']}") for f in change["facts"]]
    for claim in change["claims"]:
        mark, style = MARKS.get(claim["result"], MARKS["unknown"])
        text = f"{mark} claim {VERDICTS[claim['result']]}: “{claim['claim']}” - {claim['reason']}"
        parts.append(paper.line(text, style))
    for factor in change.get("factors", ()):
        text = f"risk {factor['points']:.2f} {factor['name']}: {factor['reason']}"
        parts.append(paper.line(text, "yellow"))
    parts += [paper.line(f"ask: {q}", "cyan") for q in change.get("questions", ())]
    authors = ", ".join(f"{name} {lines}" for name, lines in change["agents"].items())
    if authors:
        parts.append(paper.line(f"lines by {authors}", "dim"))
    out.print(Padding(Group(*parts), (0, 0, 0, 2)))
    out.print(paper.diff(change["diff"]))


def _draw_next(identity: str, out: Console, folder: str) -> None:
    where = "" if folder == "." else f" --dir {folder}"
    out.print(Text("\nDecide", style="bold"))
    for verb in ("approve", "request-changes", "reject"):
        out.print(Text(f"  {program()} review {verb} {identity}{where} --reason …", style="green"))
    out.print(f"One change alone: its id in place of {identity}, such as {identity}.1.")
