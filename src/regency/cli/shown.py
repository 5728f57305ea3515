"""When what waits for a decision was shown at this person's terminal: how long they took."""

import json
import time
from pathlib import Path

_FORGOTTEN_S = 2 * 3600.0  # what is shown again after so long is read anew
_KEPT = 200


class Shown:
    """A small file of moments; lost or spoilt, it tells nothing and does no harm."""

    def __init__(self, file: Path) -> None:
        """Take the file, which need not exist."""
        self._file = file

    def add(self, item: str) -> None:
        """Note that ``item`` is shown now."""
        known, now = self._read(), time.time()
        first, last = known.pop(item, (now, now))
        known[item] = (first if now - last < _FORGOTTEN_S else now, now)
        try:
            self._file.parent.mkdir(exist_ok=True)
            self._file.write_text(json.dumps(dict(list(known.items())[-_KEPT:])), "utf-8")
        except OSError:
            return

    def minutes(self, item: str) -> float:
        """Return the minutes since ``item`` was first shown, 0 if it was not, or too long ago."""
        first, last = self._read().get(item, (0.0, 0.0))
        now = time.time()
        fresh = 0 < first <= now and now - last < _FORGOTTEN_S
        return max(round((now - first) / 60, 2), 0.01) if fresh else 0.0

    def _read(self) -> dict[str, tuple[float, float]]:
        try:
            found = json.loads(self._file.read_text("utf-8"))
            return {str(k): (float(a), float(b)) for k, (a, b) in found.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}
