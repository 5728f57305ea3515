"""The guard ``margin``: a number, a group's number or a share that must stay within a margin.

Pure: trials in, findings out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from regency.records import Finding, Trial
from regency.stats import evalues, shares

EXACT_PAIRS = 3  # numbers that are the same so often are taken as exact
ROUNDING = 1e-12
AGAINST = 10.0  # evidence of being beyond the margin, at which to stop
Pair = tuple[float, float]  # the candidate's number and the champion's


@dataclass(frozen=True, slots=True)
class MarginGuard:
    """A non-inferiority test with a margin; see `regency.config` for the attributes.

    Attributes:
        name: Name of the guard.
        of: A number of the scorer, or the name of groups of numbers ``of/GROUP``.
        over: None for a number; ``each``, ``worst`` or ``gap`` of the groups.
        out_of: For counts: of how many, a number's name or the number itself.
        max_ratio: Most candidate ÷ champion.
        max_increase: Most candidate − champion.
        max_decrease: Most champion − candidate.
        most: Most that it may be, whatever the champion's.
        least: Least that it may be.
        chance: That a candidate beyond the margin passes.
    """

    name: str
    of: str = ""
    over: str | None = None
    out_of: str | float | None = None
    max_ratio: float | None = None
    max_increase: float | None = None
    max_decrease: float | None = None
    most: float | None = None
    least: float | None = None
    chance: float = 0.05

    @property
    def upward(self) -> bool:
        """Whether larger numbers are worse."""
        return self.max_decrease is None and self.least is None

    def check(self, candidate: Sequence[Trial], baseline: Sequence[Trial]) -> tuple[Finding, ...]:
        """Return a finding for the number, or one for each group.

        It passes when evidence of at least ``1 / chance`` says that the candidate is within the
        margin: a t e-process on paired excesses, on logarithms of ratios for ``max_ratio``, so that
        one may look after every pair; for counts also an e-process of shares, and both must
        say so. It is settled against the candidate at evidence of `AGAINST` to one. Numbers that
        were the same in `EXACT_PAIRS` pairs on either side are compared as they are.
        """
        if not self.of:
            return (Finding(self.name, passed=True, message="Its command succeeded in every run."),)
        names = self._names((*candidate, *baseline))
        if not names:
            return (self._absent(f"{self.of}/GROUP" if self.over else self.of),)
        pairs = list(zip(candidate, baseline, strict=True))
        if self.over in (None, "each"):
            return tuple(self._judged(name, [name], pairs) for name in names)
        said = f"worst group of {self.of}" if self.over == "worst" else f"gap in {self.of}"
        return (self._judged(said, names, pairs),)

    def _names(self, trials: Sequence[Trial]) -> list[str]:
        """Return the names of the numbers: one, or one for each group that any run reported."""
        if self.over is None:
            return [self.of]
        found = {name for trial in trials for name in trial.scores}
        return sorted(name for name in found if name.startswith(f"{self.of}/"))

    def _judged(
        self, said: str, names: Sequence[str], pairs: Sequence[tuple[Trial, Trial]]
    ) -> Finding:
        values = [(self._value(names, new), self._value(names, old)) for new, old in pairs]
        if not all(math.isfinite(value) for pair in values for value in pair):
            return self._absent(said)
        means = math.fsum(new for new, _ in values), math.fsum(old for _, old in values)
        means = means[0] / len(values), means[1] / len(values)
        excess = self._excess(values)
        counted = self.out_of is not None and len(names) == 1
        if not counted and all(len(set(arm)) == 1 for arm in zip(*values, strict=True)):
            passed, settled = self._exact(excess, max(map(abs, values[0])))
        else:
            inside = evalues.evidence(evalues.RIGHT_HAAR_T, [-x for x in excess])
            if counted:
                inside = min(inside, self._counted(names[0], pairs))
            passed = inside * self.chance >= 1
            settled = passed or evalues.evidence(evalues.RIGHT_HAAR_T, excess) >= AGAINST
        return self._finding(said, means, passed=passed, settled=settled)

    def _value(self, names: Sequence[str], trial: Trial) -> float:
        values = [self._number(name, trial) for name in names]
        if any(map(math.isnan, values)):
            return math.nan
        if self.over == "gap":
            return max(values) - min(values)
        return max(values) if self.upward else min(values)

    def _number(self, name: str, trial: Trial) -> float:
        """Return a number or, of a count, its share; nan if it was not reported."""
        value = trial.scores.get(name, math.nan)
        if self.out_of is None:
            return value
        items = self._items(name, trial)
        return value / items if items > 0 else math.nan

    def _items(self, name: str, trial: Trial) -> float:
        """Return of how many a count is: of its own group, if that was reported."""
        if not isinstance(self.out_of, str):
            return float(self.out_of or 0)
        group = f"{self.out_of}{name.removeprefix(self.of)}"
        return trial.scores.get(group, trial.scores.get(self.out_of, 0.0))

    def _exact(self, excess: Sequence[float], scale: float) -> tuple[bool, bool]:
        """Return whether a number without noise is within, and whether that is sure."""
        if excess[0] > ROUNDING * scale:
            return False, len(excess) > 1
        sure = len(excess) >= EXACT_PAIRS
        return sure, sure

    def _excess(self, values: Sequence[Pair]) -> list[float]:
        """Return by how much each pair is beyond the margin."""
        if self.max_ratio is not None and all(min(pair) > 0 for pair in values):
            return [math.log(new / old / self.max_ratio) for new, old in values]
        return [self._beyond(new, old) for new, old in values]

    def _beyond(self, new: float, old: float) -> float:
        if self.max_ratio is not None:
            return new - self.max_ratio * old
        if self.max_increase is not None:
            return new - old - self.max_increase
        if self.max_decrease is not None:
            return old - new - self.max_decrease
        if self.most is not None:
            return new - self.most
        return (self.least or 0.0) - new

    def _counted(self, name: str, pairs: Sequence[tuple[Trial, Trial]]) -> float:
        """Return the evidence from items that a share is within the margin."""
        (bad, items), (others_bad, others_items) = (
            self._totals(name, arm) for arm in zip(*pairs, strict=True)
        )
        if self.most is not None or self.least is not None:
            limit = self.most if self.most is not None else 1 - (self.least or 0.0)
            return shares.limit_evidence(bad, items, limit)
        margin = self.max_increase if self.max_increase is not None else self.max_decrease
        return shares.share_evidence(bad, items, others_bad, others_items, margin or 0.0)

    def _totals(self, name: str, arm: Sequence[Trial]) -> tuple[float, float]:
        """Return the number of bad items in all runs, and of how many."""
        items = math.fsum(self._items(name, trial) for trial in arm)
        count = math.fsum(trial.scores[name] for trial in arm)
        return count if self.upward else items - count, items

    def _absent(self, said: str) -> Finding:
        message = f"{said} was not reported in every run: check `of` of guard {self.name}."
        return Finding(self.name, passed=False, message=message)

    def _finding(
        self, said: str, means: tuple[float, ...], *, passed: bool, settled: bool
    ) -> Finding:
        against = "" if self._alone else f" against {means[1]:.6g}"
        outcome = "within." if passed else "beyond." if settled else "too uncertain so far."
        message = f"{said}: {means[0]:.6g}{against}, {self._margin()}: {outcome}"
        return Finding(self.name, passed, message, means[0], means[1], settled)

    @property
    def _alone(self) -> bool:
        return self.most is not None or self.least is not None

    def _margin(self) -> str:
        if self.max_ratio is not None:
            return f"at most {self.max_ratio:g} times"
        if self.max_increase is not None:
            return f"at most {self.max_increase:g} more"
        if self.max_decrease is not None:
            return f"at most {self.max_decrease:g} less"
        if self.most is not None:
            return f"at most {self.most:g}"
        return f"at least {self.least:g}"
