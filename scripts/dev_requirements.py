"""Prints the development requirements of pyproject.toml, for any installer, one line."""

import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
print(" ".join(project["dependency-groups"]["dev"]))
