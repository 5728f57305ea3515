"""A git repository that is no lab, to be reviewed."""

import subprocess
from pathlib import Path

CORE = """import os

RATE = 0.1


def load(path):
    if not os.path.exists(path):
        raise ValueError(path)
    return open(path).read()


def total(values):
    return sum(values)
"""
TEST = "from core import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n"


class Project:
    """A git repository that is no lab."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Rita Reader")
        self.git("config", "user.email", "rita@example.org")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, message: str, author: str = "", **files: str | bytes | None) -> str:
        for name, content in files.items():
            path = self.folder / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.unlink()
            else:
                path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "-A")
        extra = [f"--author={author}"] if author else []
        self.git("commit", "-q", "-m", message, *extra)
        return self.git("rev-parse", "HEAD")


def started(folder: Path) -> Project:
    """Return a project with one commit, tagged ``start``."""
    made = Project(folder)
    made.commit("Start", core_dot_py=CORE, tests__test_core_dot_py=TEST, README_dot_md="# A\n")
    made.git("tag", "start")
    return made
