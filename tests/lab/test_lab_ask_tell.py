"""Driving a lab from Python, as docs/agents/outside.md shows it; and its commands are real."""

import re
from pathlib import Path

import click

from regency.cli.main import cli
from regency.lab import Lab
from regency.lab.lab import Plan
from regency.propose.digest import digest
from toy_lab import make_toy_lab

PAGES = Path(__file__).parents[2] / "docs" / "agents"


def test_the_example_queues_a_candidate_that_a_run_judges(tmp_path):
    folder = make_toy_lab(tmp_path / "toy")
    (code,) = re.findall(r"```python\n(.*?)```", (PAGES / "outside.md").read_text(), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code.replace('"LAB"', repr(str(folder))), "outside.md", "exec"), names)
    assert names["verdict"] is None
    with Lab.open(folder) as lab:
        assert lab.store.candidate("c1").record.agent.name == "driver"
        assert lab.run(Plan(workers=1)).promoted == ("c1",)


def test_every_command_and_option_in_the_pages_exists():
    context = click.Context(cli)
    found = 0
    for page in sorted(PAGES.glob("*.md")):
        for line in re.findall(r"(?<!\w)regency ([a-z][^`\n]*)", page.read_text()):
            command = cli.get_command(context, line.split()[0].strip(",;."))
            if command is None:  # prose
                continue
            found += 1
            group = isinstance(command, click.Group) and len(line.split()) > 1
            inner = command.get_command(context, line.split()[1]) if group else None
            known = {o for p in (inner or command).params for o in p.opts} | {"--help"}
            used = set(re.findall(r"--[a-z-]+", line.split("#")[0]))
            assert used <= known, f"{page.name}: regency {line}"
    assert found > 10


def test_before_anything_ran_a_brief_tells_no_score(tmp_path):
    with Lab.open(make_toy_lab(tmp_path / "toy")) as lab:
        brief, files = lab.ask()
        assert not brief.measured
        told = digest(brief, files).markdown()
        assert "loss (minimize); not measured yet" in told and "loss 0" not in told
