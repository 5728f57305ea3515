"""The unit in which effects are learnt: the noise, or what edits typically do if that is more.

Where a lab has little or no noise, every effect would be beyond any prior; in units of what is
typical there, large and small can still be told apart.
"""

import statistics
from collections import deque

_KEPT = 31
_SHARE = 0.25
_CLEAR = 20.0  # noise units of a typical effect, from which noise does not matter


class Unit:
    """A running scale of effects; memory and time per outcome do not grow.

    Attributes:
        clear: Whether a typical effect stands out from the noise.
    """

    def __init__(self) -> None:
        """Know no effects yet."""
        self._sizes: deque[float] = deque(maxlen=_KEPT)
        self.clear = False

    def of(self, gain: float, noise_sd: float) -> float:
        """Return ``gain`` (metric units) in units of the noise or of a typical effect."""
        if gain:
            self._sizes.append(abs(gain))
        typical = statistics.median(self._sizes) if self._sizes else 0.0
        self.clear = typical > _CLEAR * noise_sd
        unit = _SHARE * typical if self.clear else noise_sd
        return gain / unit if unit > 0 else 0.0
