"""A disk that runs full during a run: a clear error, nothing half-written, go on after."""

import contextlib
import os
import subprocess

import pytest

from regency.errors import RegencyError
from regency.lab import Lab
from regency.lab.lab import Plan
from toy_lab import AGENT, SETTINGS, make_toy_lab


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(place) -> None:
    with contextlib.suppress(OSError), (place / "filler").open("wb") as file:
        while file.write(b"\0" * 65536):
            file.flush()


def test_a_full_disk_ends_the_run_and_the_next_one_goes_on(small_disk):
    folder = make_toy_lab(small_disk / "toy", simulated=True, settings=SETTINGS + AGENT)

    def show(event) -> None:
        if event.kind == "verdict":
            fill(small_disk)

    with Lab.open(folder) as lab, pytest.raises((RegencyError, OSError)) as caught:
        lab.run(Plan(candidates=50), show)
    assert "full" in str(caught.value).lower() or "space" in str(caught.value).lower()
    (small_disk / "filler").unlink()
    with Lab.open(folder) as lab:
        assert lab.recorder.log.verify().ok
        judged = lab.store.counts().trials
        lab.run(Plan(candidates=3))
        assert lab.store.counts().trials > judged
        assert lab.recorder.log.verify().ok
