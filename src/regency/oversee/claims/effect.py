"""What was measured of a change: before, after, and how sure the difference is."""

from collections.abc import Sequence
from dataclasses import dataclass

_SHORT = {
    "bpb": "bits per byte", "bpc": "bits per character", "ppl": "perplexity", "acc": "accuracy",
    "mse": "squared error", "mae": "absolute error", "err": "error",
}  # fmt: skip
_ANY = ("metric", "score")


@dataclass(frozen=True, slots=True)
class Effect:
    """One measured quantity of a candidate and of what it was made from.

    Attributes:
        before: Mean before, in the quantity's own unit.
        after: Mean after.
        low: Lowest difference, after minus before, that the evidence does not rule out.
        high: Highest one.
        called: Other names that people use for it, in lower case.
        better: 1 where more is better, -1 where less is, 0 where neither is said.
        spent: Whether runs use it up because it is their budget, so that it tells no speed.
    """

    before: float
    after: float
    low: float
    high: float
    called: tuple[str, ...] = ()
    better: int = 0
    spent: bool = False

    @classmethod
    def exact(cls, before: float, after: float) -> "Effect":
        """Return an effect that no luck is in."""
        return cls(before, after, after - before, after - before)

    def toward(self, sign: int) -> tuple[float, float, float]:
        """Return the move in one direction: lowest, as measured, highest.

        Args:
            sign: 1 up, -1 down.
        """
        low, high = sorted((sign * self.low, sign * self.high))
        return low, sign * (self.after - self.before), high


def names_of(metric: str, better: int) -> tuple[str, ...]:
    """Return what people call a metric beside its name.

    Args:
        metric: Its name, for example ``val_bpb``.
        better: -1 where less of it is better.
    """
    words: Sequence[str] = metric.lower().replace("-", "_").split("_")
    last = words[-1]
    found = [*_ANY, last, *([_SHORT[last]] if last in _SHORT else [])]
    return tuple(dict.fromkeys([*found, *(["loss"] if better < 0 else [])]))
