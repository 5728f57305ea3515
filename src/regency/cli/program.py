"""How the user called us, so that every command we suggest can be typed as it stands."""

import os
import shutil
import sys
from pathlib import Path

NAME = "regency"


def program() -> str:
    """Return ``regency`` where the shell finds this very program, else the path to it."""
    here = Path(sys.argv[0])
    if here.name != NAME or not here.is_file():
        return NAME
    found = shutil.which(NAME)
    if found is not None and Path(found).resolve() == here.resolve():
        return NAME
    near = os.path.relpath(here)
    return near if not near.startswith("..") else str(here.absolute())
