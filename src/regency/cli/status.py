"""``regency status``: where things stand, on one screen."""

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from regency.cli import numbers, paper, plot
from regency.cli.durations import in_words
from regency.cli.options import answer_options, asked, lab_option, opened, print_json
from regency.cli.program import program
from regency.cli.text import clean
from regency.records import Json

PLOT_HEIGHT = 4
SEARCH_ROWS = 6
MOST_AGENTS = 20
MANY_USES = 50  # tests on one confirm split after which a fresh one is worth a thought


@click.command()
@lab_option
@answer_options
def status(folder: str, view: str | None, as_json: bool) -> None:
    """Show where things stand, on one screen."""
    wanted = asked(view, as_json=as_json)
    with opened(folder) as lab:
        from regency.lab import views

        found = views.status(lab, wanted.view)
    if as_json:
        print_json(found)
    else:
        draw(found, paper.console())


def draw(found: Json, out: Console) -> None:
    """Print what `views.status` gave."""
    out.print(paper.heading(found["lab"]), paper.line(found["goal"], "dim"))
    for warning in warnings(found):
        out.print(Text(warning, style="bold red"))
    table = paper.pairs()
    for name, value in _rows(found):
        table.add_row(name, paper.prose(value))
    out.print(table)
    _draw_plot(found, out)
    draw_search(found, out)
    _draw_waiting(found, out)


def warnings(found: Json) -> list[str]:
    """Return what must be said loudly."""
    said = []
    if found["level"] == "D":
        said.append("NO ISOLATION: candidates run unprotected (level D).")
    if found["simulated"]:
        said.append("SIMULATED: the humans of this lab are not real; nothing here is ratified.")
    if found["trust"] != "blind":
        said.append("SELF-REPORTED: candidates say their own scores; check each promotion.")
    if found["paused"] is not None:
        said.append(f"PAUSED: {found['paused']} Go on with `regency resume`.")
    return said


def champion_words(found: Json) -> str:
    """Return the champion and how far it is ahead, in words."""
    champion, tag = found["champion"], found["generation"]["tag"]
    if not champion["promotions"]:
        return f"{champion['candidate']}, which is {tag}"
    ahead = f"{champion['candidate']}, {numbers.count(champion['promotions'], 'promotion')}"
    if "gain" not in champion:
        return f"{ahead} ahead of {tag}"
    gain = numbers.gain(champion["gain"], found["noise_sd"])
    sure = numbers.interval(champion["low"], champion["high"], champion["level"])
    return f"{ahead} ahead of {tag}: {found['metric']} better by {gain}; {sure}"


def lead_words(found: Json) -> str:
    """Return the lead against its bound, in words."""
    lead = found["lead"]
    words = (
        f"{lead['minutes']:.0f} of {lead['max_minutes']:.0f} review minutes, "
        f"{lead['packets']} of {numbers.count(lead['max_packets'], 'packet')}"
    )
    return f"{words}. Promotions are held: {lead['held']}" if lead["held"] else words


def _rows(found: Json) -> list[tuple[str, str]]:
    counts = found["counts"]
    answers = ", ".join(f"{n:,} {a}" for a, n in counts["answers"].items())
    running = f"process {found['running']}" if found["running"] else "no"
    noise = f"{found['noise_sd']:.3g}" if found["noise_sd"] else "not measured yet"
    return [
        ("folder", found["folder"]),
        ("champion", champion_words(found)),
        ("metric", f"{found['metric']}, {found['direction']}; noise sd of a pair {noise}"),
        ("candidates", f"{counts['candidates']:,} ({answers or 'none yet'})"),
        ("trials", f"{counts['trials']:,}, {in_words(counts['cpu_s'])} of CPU"),
        ("confirm split", _uses(found)),
        *_agent_rows(found),
        ("lead", lead_words(found)),
        ("sandbox", _sandbox_words(found)),
        ("decisions", _keys_words(found["keys"])),
        *(("refused", words) for words in refused_words(found["refused"])),
        ("running", running),
    ]


def _agent_rows(found: Json) -> list[tuple[str, str]]:
    """Return a line for each agent: its share of the turns, and what its latest candidates did."""
    rows: list[tuple[str, str]] = []
    for agent in found["agents"][:MOST_AGENTS]:
        share = "from outside" if agent["share"] is None else f"{agent['share']:.0%} of turns"
        did = ", ".join(
            (
                numbers.count(agent["proposals"], "proposal"),
                numbers.count(agent["nominations"], "test"),
                numbers.count(agent["promotions"], "promotion"),
                f"{agent['trials']:.0f} trials",
            )
        )
        rows.append(("" if rows else "agents", f"{clean(agent['name'])}: {share}; {did}"))
    return rows


def refused_words(refused: Json) -> list[str]:
    """Return what was refused to agents and programs, in words; nothing if nothing was."""
    said = []
    if refused and refused["decisions"]:
        many = numbers.count(refused["decisions"], "attempt")
        said.append(f"{many} to decide; the last: {refused['last_decision']} (regency log --kind "
                    "decision.refused)")  # fmt: skip
    if refused and refused["others"]:
        many = numbers.count(refused["others"], "run or session", "runs or sessions")
        said.append(f"{many} something; the last: {refused['last_other']} (regency log --kind "
                    "denied)")  # fmt: skip
    return said


def _keys_words(keys: Json) -> str:
    """Return what a decision here proves, in words."""
    if keys is None:
        return "simulated: nobody takes them"
    if not keys["enrolled"]:
        return "local: they prove the account, not the person (regency keys enrol)"
    return f"signed, with one of {numbers.count(keys['good'], 'good key')}"


def _uses(found: Json) -> str:
    uses = found["confirm_uses"]
    fresh = "; [data] draw makes a fresh one" if uses >= MANY_USES else ""
    return f"used by {numbers.count(uses, 'test')}{fresh}"


def _sandbox_words(found: Json) -> str:
    parts: tuple[str, ...] = (f"level {found['level']}", f"{found['start']} start")
    if ended := found["survivors_ended"]:
        many = numbers.count(ended, "process", "processes")
        parts = (*parts, f"ended {many} that an earlier run had left")
    return ", ".join((*parts, f"epoch {found['epoch']}", f"trust {found['trust']}"))


def _draw_plot(found: Json, out: Console) -> None:
    points = [(p["number"], p["gain"]) for p in found["promotions"] if "gain" in p]
    end = found["counts"]["candidates"]
    width = min(out.width - 12, 60)
    rows = plot.steps(points, end, width, PLOT_HEIGHT)
    if not rows:
        return
    top = max(gain for _, gain in points)
    out.print(Text(f"\n{found['metric']}: the champion's gain over the start", style="dim"))
    for number, row in enumerate(rows):
        label = f"{top:+.3g}" if number == 0 else ("0" if number == len(rows) - 1 else "")
        out.print(Text(f"{label:>9} ", style="dim").append(row, style="green"))
    out.print(Text(f"{'':9} 0{f'{end:,} candidates':>{max(width - 1, 1)}}", style="dim"))


def draw_search(found: Json, out: Console) -> None:
    """Print what the search has learned: the best so far, and what each kind of edit brought."""
    search = found["search"]
    if best := search["best"]:
        gain = numbers.gain(best["gain"], found["noise_sd"])
        out.print(Text(f"\nBest in search: {best['candidate']}, {gain}", style="dim"))
    for title, name in (("edit", "operators"), ("place", "sites")):
        if rows := search[name][:SEARCH_ROWS]:
            out.print()
            out.print(_search_table(title, rows))
    if more := max(0, len(search["sites"]) - SEARCH_ROWS):
        out.print(Text(f"and {numbers.count(more, 'more place')} (--json has all)", style="dim"))


def _search_table(title: str, rows: Json) -> Table:
    names = ("tried", "invalid", "tested", "promoted", "mean gain", "chance")
    table = paper.table(title, *names, right=names)
    for row in rows:
        gain = row["mean_gain"]
        table.add_row(
            paper.line(row["name"]),
            *(str(row[key]) for key in ("tried", "invalid", "nominated", "promoted")),
            "" if gain is None else f"{gain:+.3g}",
            f"{row['chance']:.0%}",
        )
    return table


def _draw_waiting(found: Json, out: Console) -> None:
    if not found["waiting"]:
        out.print(Text("\nNothing waits for a human.", style="dim"))
        return
    out.print(Text("\nWaits for a human", style="bold"))
    newest = ""
    for item in found["waiting"]:
        words = numbers.minutes(item["minutes"])
        if newest and item["kind"] == "packet":
            words = f"older: {newest} goes on from it"
        elif item["kind"] == "packet":
            newest = item["id"]
        out.print(
            Text(f"  {item['id']}  ", style="bold cyan"),
            paper.line(f"{item['title']} ({words})"),
            sep="",
        )
    first = found["waiting"][0]["id"]
    out.print(Text(f"  {program()} review show {first} --dir {found['folder']}", style="green"))
