"""Makes the coin lab for the benchmarks, in a folder of its own."""

import shutil
import subprocess
from pathlib import Path

from regency.lab import Lab, create
from regency.lab.create import Wish

HERE = Path(__file__).parent


def coin_lab(folder: Path, *, agents: bool = True) -> Lab:
    """Return a new simulated coin lab in ``folder``; without agents it judges what it is told."""
    shutil.copytree(HERE / "labs" / "coin", folder)
    if not agents:
        settings = folder / "regency.toml"
        settings.write_text(settings.read_text().split("[agents.mutate]")[0])
    who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "Coin lab"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return create(folder, Wish(simulated=True))
