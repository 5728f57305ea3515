import pytest

from git_project import started


@pytest.fixture
def project(tmp_path):
    return started(tmp_path / "project")
