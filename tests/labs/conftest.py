"""The bundled lab's data, made once."""

import subprocess
import sys
from pathlib import Path

import pytest

import regency.labs.tiny_lm

LAB = Path(regency.labs.tiny_lm.__file__).parent / "files"


@pytest.fixture(scope="session")
def lab() -> Path:
    return LAB


@pytest.fixture(scope="session")
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny_lm") / "private"
    command = [sys.executable, "-B", "prepare.py", "--private", str(folder)]
    subprocess.run(command, cwd=LAB, check=True, stdout=subprocess.DEVNULL)
    return folder
