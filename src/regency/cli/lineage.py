"""``regency tree``: which candidate was made from which."""

import click
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from regency.cli import numbers, paper
from regency.cli.options import answer_options, asked, lab_option, opened, print_json
from regency.cli.text import one_line
from regency.records import Json

MAX_DEPTH = 60  # rich indents four columns a level; longer chains go on at the same depth


@click.command()
@lab_option
@answer_options
@click.option("--all", "everything", is_flag=True, help="Every candidate, not only what led on.")
def tree(folder: str, view: str | None, as_json: bool, everything: bool) -> None:
    """Show the lineage: champions, generations and what is promising."""
    wanted = asked(view, as_json=as_json)
    with opened(folder) as lab:
        from regency.lab import views

        found = views.tree(lab, wanted.view, everything=everything)
    if as_json:
        print_json(found)
    else:
        draw(found, paper.console())


def draw(found: Json, out: Console) -> None:
    """Print what `views.tree` gave."""
    by_parent: dict[str, list[Json]] = {}
    for node in found["nodes"]:
        by_parent.setdefault(node["parent"], []).append(node)
    for root in by_parent.get("", []):
        out.print(_grown(root, by_parent, found["champion"]))
    hidden = found["candidates"] - len(found["nodes"])
    if hidden > 0:
        what = numbers.count(hidden, "candidate that led nowhere", "candidates that led nowhere")
        out.print(Text(f"and {what}: --all shows them", style="dim"))


def _grown(root: Json, by_parent: dict[str, list[Json]], champion: str) -> Tree:
    def label(node: Json) -> Text:
        return _label(node, len(by_parent.get(node["id"], [])), champion)

    made = Tree(label(root), guide_style="dim")
    todo = [(root, made, 1)]
    while todo:
        node, at, depth = todo.pop()
        for child in by_parent.get(node["id"], []):
            branch = at.add(label(child))
            todo.append((child, branch if depth < MAX_DEPTH else at, depth + 1))
    return made


def _label(node: Json, shown: int, champion: str) -> Text:
    label = Text().append(node["id"], style="bold" if node["promoted"] else "")
    if node["number"]:
        label.append("  ").append(paper.answer(node["answer"]))
    gain = node.get("effect") if node.get("effect") is not None else node["gain"]
    if gain is not None:
        label.append(f"  {gain:+.4g}", style="dim")
    label.append(f"  {one_line(node['agent'], 24)}", style="dim")
    if node["id"] == champion:
        label.append("  champion", style="bold green")
    if node["tag"]:
        label.append(f"  {node['tag']}", style="bold magenta")
    if node["children"] > shown:
        more = numbers.count(node["children"] - shown, "more child", "more children")
        label.append(f"  ({more})", style="dim")
    return label
