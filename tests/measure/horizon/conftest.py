"""Runs with known horizons, and a file of them."""

import pytest

from toy_runs import made, write_counts


@pytest.fixture(scope="session")
def runs():
    return made()


@pytest.fixture
def counts(tmp_path, runs):
    return write_counts(tmp_path / "counts.csv", runs)
