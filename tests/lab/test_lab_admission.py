"""The door for proposals, with a real repository and a real ledger behind it; nothing is run."""

from pathlib import Path

import pytest

from regency.lab import Lab, create
from regency.lab.create import Wish
from regency.lab.submission import Source, Words, proposal
from regency.records import Agent, Answer, FileEdit, Proposal
from toy_lab import SETTINGS, better_model, git, make_toy_repo

WIDE = SETTINGS.replace('["model.py"]', '["*.py", "notes/**"]').replace(
    "max_changed_lines = 20", "max_changed_lines = 20\nmax_waiting = 6"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_toy_repo(tmp_path_factory.mktemp("door") / "lab", WIDE)
    (root / "notes").mkdir()
    (root / "notes/a.txt").write_text("a\n")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "Notes")
    create(root, Wish()).close()
    return root


def said(lab: Lab, text: str, path: str = "model.py", agent: str = "a") -> str:
    edit = FileEdit(path, text.encode())
    ((_, verdict),) = lab.tell([Proposal((edit,), "r", Agent(agent, "x"))])
    return verdict.reason if verdict else ""


def test_near_copies_cost_no_run(folder: Path):
    with Lab.open(folder) as lab:
        assert said(lab, better_model(2.0)) == ""
        assert "layout only" in said(lab, better_model(2.0) + "\n# mine, all mine\n")
        assert "score can show" in said(lab, better_model(1.0) + "# nothing\n")
        assert said(lab, better_model(2.25)) == ""
    with Lab.open(folder) as lab:  # another process knows them from the record
        assert "differs from c1" in said(lab, better_model(2.0).replace("2.0", "2e0"))


def test_one_agent_cannot_fill_the_queue(folder: Path):
    with Lab.open(folder) as lab:
        refused = [said(lab, better_model(10.0 + n), agent="flood") for n in range(9)]
        assert refused[:6] == [""] * 6
        assert all("6 proposals waiting" in reason for reason in refused[6:])
        assert said(lab, better_model(30.0), agent="other") == ""


def test_a_file_that_would_be_a_folder_ends_no_run(folder: Path):
    with Lab.open(folder) as lab:
        assert "at once" in said(lab, "x", "notes/a.txt/b.txt")


def test_links_and_submodules_in_a_commit_are_named(folder: Path):
    git(folder, "checkout", "--quiet", "-b", "linked")
    (folder / "notes.py").symlink_to("/etc/passwd")
    head = git(folder, "rev-parse", "HEAD").strip()
    git(folder, "update-index", "--add", "--cacheinfo", f"160000,{head},notes/sub")
    git(folder, "add", "notes.py")
    git(folder, "commit", "--quiet", "-m", "Linked")
    with Lab.open(folder) as lab:
        made = proposal(lab, Source(commit="linked"), Words("r", (), Agent("l", "x")))
        assert {edit.path: edit.mode for edit in made.edits} == {
            "notes.py": 0o120000,
            "notes/sub": 0o160000,
        }
        ((_, verdict),) = lab.tell([made])
        assert verdict is not None and verdict.answer is Answer.INVALID
        assert "a link" in verdict.reason
