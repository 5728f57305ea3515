"""How much does a person read for a generation, and how much of the gain is kept?

    python bench/review.py FOLDER [MINUTES] [CPU_S] [plain|wordy ...]

Each row is as many runs of the bundled lab `tiny_lm` as begin within MINUTES, each in a lab of its
own and until its agent has nothing left to propose, with CPU_S CPU-seconds for a candidate, and
simulated humans, who approve the newest packet whenever the lab waits for them. ``plain`` is the
lab's own agent, whose edits are a line or two. ``wordy`` makes the same edits and lets more ride
along, as coding agents do: a helper that nobody calls, a bookkeeping list, settings that are not
read, comments, a constant nudged for no reason.

Lines are added plus removed. ``better once`` is every candidate whose first run scored better than
the champion's mean, which is what a loop that keeps single runs would show a reviewer; ``promoted``
every candidate that passed both gates, each against the champion that it took the place of; ``net``
the plain difference between two generations; ``minimised`` what the packet asks a person to read.
The share of the gain kept is measured by the confirm of each minimised tree against its champion,
on fresh seeds. With 0 MINUTES the labs that are in FOLDER are read again.
"""

import os
import random
import shutil
import sys
import time
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from regency import plugins
from regency.lab import Lab, create
from regency.lab.create import Wish
from regency.lab.lab import Plan
from regency.propose.mutate import MutateProposer
from regency.records import Actor, ActorKind, Answer, Brief, Decision, FileEdit, Packet, Proposal
from regency.repo import diff
from regency.repo.git import Repo

READER = Actor(ActorKind.SIMULATED_HUMAN, "reader")
HELPERS = ("entropy", "norm", "spread", "largest")
NUDGES = (
    ("BETA2 = 0.999", "BETA2 = 0.9992"),
    ("EPSILON = 1e-8", "EPSILON = 1.5e-8"),
    ("SAVE_MARGIN_S = 0.05", "SAVE_MARGIN_S = 0.051"),
)


class Wordy:
    """The lab's agent with junk riding along."""

    def __init__(self, name: str, **settings: object) -> None:
        self.inner = MutateProposer(name=name, **settings)

    def propose(self, brief: Brief, tree: dict[str, bytes]) -> Proposal:
        made = self.inner.propose(brief, tree)
        rng = random.Random(brief.seed)
        edits = [FileEdit(e.path, wordier(e.content or b"", rng), e.mode) for e in made.edits]
        return replace(made, edits=tuple(edits))


def wordier(content: bytes, rng: random.Random) -> bytes:
    """Return a training script with two or three things added that it does not need."""
    text, tag = content.decode(), rng.randrange(10_000)
    helper = f"{rng.choice(HELPERS)}_{tag}"
    note = '"""Return a statistic of `values`."""'
    body = f"    {note}\n    values = np.asarray(values)\n    return float(np.abs(values).mean())"
    junk = [
        ("def predict(", f"def {helper}(values):\n{body}\n\n\ndef predict("),
        ("    step = 0\n", f"    step = 0\n    history_{tag} = []\n"),
        ("BATCH = ", f"# Settings of schedule {tag}: not used yet.\nWARMUP_{tag} = 0\nBATCH = "),
        ("        step += 1\n", f"        step += 1  # one more step ({tag})\n"),
        *NUDGES,
    ]
    for old, new in rng.sample(junk, rng.choice((2, 3))):
        text = text.replace(old, new, 1)
    return text.encode()


@dataclass
class Row:
    """What one generation took."""

    better_once: int = 0
    lines_once: int = 0
    promoted: int = 0
    lines_promoted: int = 0
    net: int = 0
    minimised: int = 0
    minutes: float = 0.0
    gain: float = 0.0
    kept: float = 0.0


def lab_of(folder: Path, kind: str, cpu_s: float) -> Path:
    """Return the lab in ``folder``, made if it is not there; one that is there goes on."""
    if not folder.exists():
        bundled = resources.files("regency.labs") / "tiny_lm" / "files"
        with resources.as_file(bundled) as files:
            shutil.copytree(files, folder, ignore=shutil.ignore_patterns("__pycache__"))
        settings = folder / "regency.toml"
        text = settings.read_text()
        assert "cpu_s = 2 " in text
        settings.write_text(text.replace("cpu_s = 2 ", f"cpu_s = {cpu_s:g} "))
        Repo.create(folder, "Start", ("Bench", "bench@localhost")).close()
        create(folder, Wish(simulated=True), print).close()
    if kind == "wordy":
        known = plugins.load
        plugins.load = lambda group, name: Wordy if name == "mutate" else known(group, name)
    return folder


def labs(folder: Path, kind: str, cpu_s: float, minutes: float) -> list[Row]:
    """Run one lab after another for so long; return the generations of all that are there."""
    rows: list[Row] = []
    end, number = time.monotonic() + 60 * minutes, 0
    while (there := folder / f"{kind}-{number + 1}").exists():  # made by an earlier call
        number += 1
        with Lab.open(there) as lab:
            rows += rows_of(lab)
    while (left := end - time.monotonic()) > 30:
        number += 1
        rows += grow(lab_of(folder / f"{kind}-{number}", kind, cpu_s), left)
        print(f"  lab {number}, load {os.getloadavg()[0]:.1f}", flush=True)
    return rows


def grow(folder: Path, left: float) -> list[Row]:
    """Run one lab until agents have nothing left or time is up; return its generations."""
    end, over = time.monotonic() + left, False
    while not over:
        with Lab.open(folder) as lab:
            plan = Plan(wall_s=max(end - time.monotonic(), 1.0), workers=2)
            lab.run(plan, lambda e, lab=lab: stop_when_ready(lab, e))
            over = not ready(lab)
            if not over:
                approve(lab)
    with Lab.open(folder) as lab:  # what is under way is read as well
        if lab.store.champion() != lab.store.generation().candidate:
            lab.minimise(Plan(workers=2))
            approve(lab)
        return rows_of(lab)


def approve(lab: Lab) -> None:
    packet = lab.store.packets("open")[-1].packet
    lab.decide(Decision(packet.id, "approve", READER, "Read it."))
    print(f"  {lab.store.generation().tag}: {rows_of(lab)[-1]}", flush=True)


def rows_of(lab: Lab) -> list[Row]:
    """Return a row for each generation that was ratified."""
    rows, since = [], 1
    for state in lab.store.packets("approved"):
        head = lab.store.candidate(state.packet.head_candidate).number
        rows.append(read(lab, state.packet, since, head))
        since = head + 1
    return rows


def stop_when_ready(lab: Lab, event: object) -> None:
    if getattr(event, "kind", "") in ("minimised", "verdict", "held") and ready(lab):
        lab.stop()


def ready(lab: Lab) -> bool:
    """Whether the lab waits for a human and has made what it waits with as small as it can."""
    done, champion = lab.store.minimised(), lab.store.champion()
    if done is None or done.base_generation != lab.store.generation().number:
        return False
    if champion == done.candidate:
        return True
    verdict = lab.store.verdict(done.candidate)
    failed = verdict is not None and verdict.gate == "confirm" and verdict.champion == done.head
    return champion == done.head and failed and verdict.answer is not Answer.AS_GOOD


def read(lab: Lab, packet: Packet, since: int, head: int) -> Row:
    """Return what a packet holds, beside what led to it: candidates ``since`` to ``head``."""
    row = Row(net=packet.lines_before or packet.lines, minimised=packet.lines)
    row.minutes = packet.minutes
    for verdict in packet.evidence:
        if verdict.answer is Answer.BETTER:
            row.promoted += 1
            step = (lab.files(verdict.champion), lab.files(verdict.candidate))
            row.lines_promoted += sum(diff.changed_lines_of(*step))
            row.gain += verdict.effect or 0.0
    row.kept = share_kept(packet, row.gain)
    once(lab, since, head, row)
    return row


def share_kept(packet: Packet, gain: float) -> float:
    lost = sum(-(v.effect or 0.0) for v in packet.evidence if v.answer is Answer.AS_GOOD)
    return 1 - lost / gain if gain else 1.0


def once(lab: Lab, since: int, head: int, row: Row) -> None:
    """Count the candidates that a loop without tests would have kept, on the same first runs."""
    means: dict[str, float] = {}
    for standing in lab.store.candidates(newest_first=False):
        record = standing.record
        first = lab.store.trial(f"search/{lab.epoch.number}/{record.id}/0")
        inside = since <= standing.number <= head
        if not inside or first is None or first.score is None:
            continue
        if record.parent not in means:
            means[record.parent] = mean_of(lab, record.parent)
        if first.score < means[record.parent]:
            row.better_once += 1
            row.lines_once += record.lines_added + record.lines_removed


def mean_of(lab: Lab, champion: str) -> float:
    calibration = lab.store.calibration()
    if calibration is not None and champion == calibration.candidate:
        return calibration.search_mean
    scores = [t.score for t in lab.store.trials(champion) if t.key.startswith("baseline/")]
    known = [score for score in scores if score is not None]
    return sum(known) / len(known) if known else float("-inf")


def line(kind: str, rows: list[Row]) -> str:
    total = Row(**{name: sum(getattr(r, name) for r in rows) for name in Row.__dataclass_fields__})
    count = max(len(rows), 1)
    kept = sum(r.kept * r.gain for r in rows) / total.gain if total.gain else 1.0
    read_lines = max(total.minimised, 1)
    lowest = min((r.kept for r in rows), default=1.0)
    cells = [
        f"{len(rows)}",
        *(f"{value / count:.0f}" for value in (total.better_once, total.lines_once)),
        f"{total.promoted / count:.1f}",
        *(f"{v / count:.0f}" for v in (total.lines_promoted, total.net, total.minimised)),
        f"{total.minutes / count:.1f}",
        *(f"{v / read_lines:.1f}" for v in (total.lines_once, total.lines_promoted, total.net)),
        f"{kept:.1%} (least {lowest:.1%})",
    ]
    return f"| {kind} | {' | '.join(cells)} |"


def main() -> int:
    folder, minutes = Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 15.0
    heads = ("agent", "generations", "better once", "their lines", "promoted", "their lines",
             "net lines", "minimised", "minutes", "÷ once", "÷ promoted", "÷ net",
             "gain kept")  # fmt: skip
    out = [f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * 12]
    known = plugins.load
    cpu_s = float(sys.argv[3]) if len(sys.argv) > 3 else 2.0
    for kind in sys.argv[4:] or ["plain", "wordy"]:
        print(f"{kind}:", flush=True)
        plugins.load = known
        out.append(line(kind, labs(folder, kind, cpu_s, minutes)))
    print("\n" + "\n".join(out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
