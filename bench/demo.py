"""Ten demos, one after another: how often does training code really get better, and by how much?

    python bench/demo.py [COUNT]

Each row is one fresh lab: wall time of the loop, whether a champion was promoted, its gain in
units of the noise (sd of one paired difference), the interval of the confirm test, and the edits.
"""

import statistics
import sys
import tempfile
import tomllib
from pathlib import Path

from rich.console import Console
from rich.table import Table

from regency.lab import Lab, create
from regency.lab.create import Wish
from regency.lab.lab import Plan
from regency.records import Answer, Verdict

DEMO_WALL_S = 80.0  # as `regency demo`


def promotions(lab: Lab) -> list[Verdict]:
    """Return the verdicts behind the champion's moves, oldest first."""
    moved = [move.candidate for move in lab.store.champion_moves() if move.nomination]
    found = [lab.store.verdict(candidate) for candidate in moved]
    return [v for v in found if v is not None and v.answer is Answer.BETTER]


def one_demo(folder: Path) -> dict[str, object]:
    """Run one demo and return its row."""
    lab = create(folder / "lab", Wish(template="tiny_lm"))
    with lab:
        summary = lab.run(Plan(wall_s=DEMO_WALL_S))
        calibration = lab.store.calibration()
        noise_sd = calibration.noise_sd if calibration else float("nan")
        verdicts = promotions(lab)
        gains = [(v.effect or 0.0) / noise_sd for v in verdicts]
        text = (lab.home.root / "regency.toml").read_text()
        champion = lab.store.candidate(lab.store.champion()).record
        return {
            "wall_s": summary.wall_s,
            "judged": summary.judged,
            "noise_sd": noise_sd,
            "verdicts": verdicts,
            "best_gain_sd": max(gains, default=0.0),
            "total_gain_sd": sum(gains),
            "budget_same": tomllib.loads(text)["limits"]
            == tomllib.loads(lab.epoch.config_text)["limits"],
            "edits": [lab.store.candidate(v.candidate).record.rationale for v in verdicts],
            "champion": champion.id,
        }


def good(row: dict[str, object]) -> bool:
    """Whether a demo meets the bar: one promotion of 5 noise sd whose interval excludes zero."""
    noise_sd = float(str(row["noise_sd"]))
    verdicts = row["verdicts"]
    assert isinstance(verdicts, list)
    return any((v.low or 0) > 0 and (v.effect or 0) >= 5 * noise_sd for v in verdicts)


def main() -> None:
    """Run the demos and print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    table = Table(
        "demo", "loop s", "judged", "promotions: gain, interval, pairs", "gain / noise sd", "5 sd"
    )
    rows = []
    console = Console(width=150)
    for number in range(1, count + 1):
        with tempfile.TemporaryDirectory() as folder:
            row = one_demo(Path(folder))
        rows.append(row)
        verdicts = row["verdicts"]
        assert isinstance(verdicts, list)
        cells = [f"{v.effect:+.3f} [{v.low:.3f}, {v.high:.3f}] {v.looks}" for v in verdicts]
        edits = row["edits"]
        assert isinstance(edits, list)
        console.print(
            f"{number}: {row['wall_s']:.0f} s, {'; '.join(map(str, edits)) or 'no promotion'}"
        )
        table.add_row(
            str(number),
            f"{row['wall_s']:.0f}",
            str(row["judged"]),
            "\n".join(cells) or "none",
            f"{row['total_gain_sd']:.1f} (best single {row['best_gain_sd']:.1f})",
            "yes" if good(row) else "no",
        )
    console.print(table)
    walls = [float(str(row["wall_s"])) for row in rows]
    print(f"met the bar: {sum(map(good, rows))} of {count}")
    print(f"loop seconds: median {statistics.median(walls):.0f}, longest {max(walls):.0f}")
    print(f"budget unchanged in all: {all(row['budget_same'] for row in rows)}")


if __name__ == "__main__":
    main()
