"""Docs cannot lie: examples run, links lead somewhere, every extension point has its section."""

import re
from pathlib import Path

import pytest

from regency import errors, plugins
from regency.archive.select import ArchiveView
from regency.testing.guards import check_guard, example_trials
from regency.testing.proposers import check_proposer

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
EXTENDING = (ROOT / "docs" / "extending.md").read_text()


def examples() -> dict[str, object]:
    """Run the Python examples of the extending page and return their names."""
    names: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", EXTENDING, re.DOTALL):
        exec(compile(code, "extending.md", "exec"), names)
    return names


@pytest.mark.parametrize("group", plugins.GROUPS)
def test_every_extension_point_has_its_section(group):
    assert f"## `{group}`" in EXTENDING
    assert plugins.names(group), "a built-in comes in by the same door"


def test_the_example_agent_conforms():
    check_proposer(examples()["Halver"], rounds=2)


def test_the_example_selector_selects():
    select = examples()["best_of_pool"]
    assert select(ArchiveView("c0", [("c1", 0.1), ("c2", 0.3)], 0.1), 1) == "c2"
    assert select(ArchiveView("c0", [], 0.1), 1) == "c0"


def test_the_example_guard_conforms():
    good, bad = (example_trials([{"x": x}] * 8) for x in (1.0, 9.0))
    ceiling = examples()["Ceiling"]
    check_guard(lambda: ceiling("c", "x", 2.0), harmless=(good, good), harmful=(bad, good))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_error_is_in_the_tree():
    tree = errors.__doc__ or ""
    classes = [n for n, kind in vars(errors).items() if isinstance(kind, type)]
    assert all(name in tree for name in classes)


def test_no_machine_path_or_registry_host_is_in_the_repository():
    words = re.compile(r"/work/(main|shared)|/root/\.|pypi\.org|pythonhosted|npmjs")
    for path in [*PAGES, *(ROOT / "src").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]:
        assert not words.search(path.read_text()), path
