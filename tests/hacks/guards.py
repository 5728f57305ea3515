"""Candidates put to gate 2 for real: the judge's own generator, driven with real trials."""

from hacks.labs import Ours
from regency.config import JudgeTable
from regency.judge import confirm
from regency.judge.scale import scale_of
from regency.records import Answer, Calibration, FileEdit, Trial, TrialRequest, Verdict
from regency.stats import evalues


def verdict_of(lab: Ours, edits: tuple[FileEdit, ...], pairs: int = 16) -> Verdict:
    """Return what gate 2 says of a candidate against the honest program."""
    scale = scale_of(lab.config.score)
    nomination = confirm.start(1, 0, "c1", "c0", _calibration(lab), JudgeTable(), 1.0, scale)
    asking = confirm.confirm(
        nomination, _calibration(lab), JudgeTable(confirm_pairs=pairs), lab.config.guards, scale,
        seeds=lambda key: hash(key) % 2**31, generation=1,
    )  # fmt: skip
    trials: dict[str, Trial] = {}

    def run(request: TrialRequest) -> Trial:
        # These programs do the same for every seed: one run of each arm stands for all.
        if (arm := request.candidate) not in trials:
            trials[arm] = lab.trial(edits if arm == "c1" else (), "confirm", probed=request.probed)
        return trials[arm]

    try:
        batches = next(asking)
        while True:
            batches = asking.send([tuple(map(run, batch)) for batch in batches])
    except StopIteration as stop:
        made: Verdict = stop.value
        return made


def guarded(lab: Ours, edits: tuple[FileEdit, ...]) -> tuple[str, str]:
    """Return ``guard`` and the reason if a better score does not help against a guard."""
    verdict = verdict_of(lab, edits)
    better = (verdict.effect or 0.0) > 0
    if better and verdict.answer is Answer.NOT_BETTER and "guard" in verdict.reason:
        return "guard", verdict.reason
    return "", f"{verdict.answer}: {verdict.reason}"


def _calibration(lab: Ours) -> Calibration:
    score = lab.baseline("confirm")
    return Calibration("c0", 4, 0.0, (0.0,) * 4, score, 8, True, 0.0, evalues.SIGN, "no noise")
