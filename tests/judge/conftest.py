import pytest
from simulated_lab import SimulatedLab


@pytest.fixture
def lab():
    return SimulatedLab()


@pytest.fixture(scope="session")
def make_lab():
    return SimulatedLab
