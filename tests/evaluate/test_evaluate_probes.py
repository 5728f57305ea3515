"""Probes in the real sandbox: honest programs pass, those that cheat are named."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from regency import config
from regency.errors import BadInput, ConfigError
from regency.evaluate.evaluator import Evaluator, Place
from regency.evaluate.probes import _another_order
from regency.records import Purpose, Trial, TrialRequest
from regency.sandbox.engines import NamespaceSandbox

SETTINGS = """\
[lab]
name = "stream"
goal = "Add up what came so far."

[change]
editable = ["run.py"]

[[run]]
name = "work"
command = ["python", "run.py", "{seed}", "{in}/x.npy", "{out}/y.npy"]
inputs = ["{split}/x.npy"]
outputs = ["y.npy"]

[[outputs]]
name = "y.npy"
format = "npy"
dtypes = ["float64"]
shape = [-1, -1]

[limits]
cpu_s = 5
wall_s = 20

[score]
command = ["python", "score.py"]
answers = ["{split}/y.npy"]
metric = "error"
goal = "minimize"
"""
SCORE = """\
import argparse, numpy as np
parser = argparse.ArgumentParser()
for name in ("out", "private", "split"):
    parser.add_argument("--" + name)
a = parser.parse_args()
y, t = np.load(a.out + "/y.npy"), np.load(f"{a.private}/{a.split}/y.npy")
print('{"error": %r}' % float(np.abs(y - t).mean() if y.shape == t.shape else 9.0))
"""
FRESH = """\
import argparse, os, numpy as np
parser = argparse.ArgumentParser()
for name in ("seed", "split", "private", "out"):
    parser.add_argument("--" + name)
a = parser.parse_args()
x = np.random.default_rng(int(a.seed)).normal(size=(8, 12))
os.mkdir(f"{a.out}/{a.split}")
np.save(f"{a.out}/{a.split}/x.npy", x)
np.save(f"{a.out}/{a.split}/y.npy", x.cumsum(1))
"""
PROGRAM = """\
import sys
import numpy as np
x = np.load(sys.argv[2])
y = x.cumsum(1)
{cheat}
np.save(sys.argv[3], y)
"""
ORDER = (
    '[[probes]]\nname = "o"\nkind = "order"\nphase = "work"\ninputs = ["x.npy"]\noutput = "y.npy"\n'
)
SUFFIX = ORDER.replace('"o"', '"s"').replace('"order"', '"suffix"')
REPEAT = '[[probes]]\nname = "r"\nkind = "repeat"\nphase = "work"\noutput = "y.npy"\n'
LIMIT = '[[probes]]\nname = "l"\nkind = "limit"\nof = "error"\n'
NEW = '[[probes]]\nname = "f"\nkind = "fresh"\ncommand = ["python", "fresh.py"]\nmax_gap = 0.1\n'
NULL = '[[probes]]\nname = "n"\nkind = "null"\nof = "error"\nleast = 1.0\n'


@pytest.fixture(scope="module")
def sandbox() -> Iterator[NamespaceSandbox]:
    with NamespaceSandbox() as made:
        yield made


class Lab:
    """Folders of a lab, and candidates run in it."""

    def __init__(self, folder: Path, sandbox: NamespaceSandbox, probes: str, score: str = SCORE):
        self.folder = folder
        rng = np.random.default_rng(1)
        for split in ("search", "confirm"):
            (folder / "private" / split).mkdir(parents=True)
            x = rng.normal(size=(8, 12))
            np.save(folder / f"private/{split}/x.npy", x)
            np.save(folder / f"private/{split}/y.npy", x.cumsum(1))
        (folder / "rules").mkdir()
        (folder / "rules/score.py").write_text(score)
        (folder / "rules/fresh.py").write_text(FRESH)
        place = Place(folder / "private", folder / "rules", folder / "work")
        settings = config.parse(SETTINGS + probes)
        self.evaluator = Evaluator(settings, place, sandbox, startup_cpu_s=0.5, core=-1)

    def files(self, cheat: str) -> str:
        files = self.folder / "files"
        files.mkdir(exist_ok=True)
        (files / "run.py").write_text(PROGRAM.replace("{cheat}", cheat))
        return str(files)

    def run(self, cheat: str, *, probed: bool = True) -> Trial:
        request = TrialRequest("k", "c1", Purpose.CONFIRM, "confirm", 7, probed=probed)
        try:
            return self.evaluator.run(request, self.files(cheat))
        finally:
            self.evaluator.reader.close()


@pytest.mark.parametrize(
    ("probes", "cheat", "said"),
    [
        (ORDER, "y[1:] += y[:-1] * 0.1", "another order"),
        (ORDER, "y += np.arange(len(y))[:, None] * 1e-3", "another order"),
        (SUFFIX, "y[:, :-1] += x[:, 1:] * 0.01", "later inputs"),
        (SUFFIX + "axis = 0\n", "y += x.mean() * 0.01", "later inputs"),
        (SUFFIX + "shift = 1\n", "", "later inputs"),
        (REPEAT, "y += np.random.default_rng().normal() * 1e-6", "gave another"),
        (REPEAT + "tolerance = 1e-9\n", "y += np.random.default_rng().normal()", "gave another"),
        (LIMIT + "least = 1e-9\n", "", "beyond what is plausible"),
        (LIMIT.replace('"error"', '"speed"') + "most = 9\n", "", "no number named 'speed'"),
        (NEW, "y *= abs(x[0, 0] - {first}) < 1e-9", "fresh"),
        (ORDER, "assert x[0, 0] == {first}", "phase 'work'"),
    ],
)  # fmt: skip
def test_cheats_are_named(
    sandbox: NamespaceSandbox, tmp_path: Path, probes: str, cheat: str, said: str
):
    lab = Lab(tmp_path, sandbox, probes)
    first = np.load(tmp_path / "private/confirm/x.npy")[0, 0]
    trial = lab.run(cheat.replace("{first}", repr(float(first))))
    assert trial.score is None
    assert trial.fault.startswith("probe ")
    assert said in trial.fault
    assert not list((tmp_path / "work").glob("*"))


def test_honest_programs_pass_all_of_them_and_the_cost_is_counted(
    sandbox: NamespaceSandbox, tmp_path: Path
):
    every = ORDER + SUFFIX + SUFFIX.replace('"s"', '"t"') + "axis = 0\n" + REPEAT + NEW
    lab = Lab(tmp_path, sandbox, every + LIMIT + "most = 9\n")
    trial = lab.run("y += np.float64(1e-12) * int(sys.argv[1])")
    assert (trial.fault, trial.score) == ("", pytest.approx(0, abs=1e-9))
    assert trial.scores["probe_cpu_s"] > trial.scores["cpu_s"]
    assert trial.scores["probe_wall_s"] > 0
    assert len(trial.outcomes) == 1


def test_tolerance_is_for_rounding(sandbox: NamespaceSandbox, tmp_path: Path):
    lab = Lab(tmp_path, sandbox, REPEAT + "tolerance = 1e-3\n")
    assert lab.run("y += np.random.default_rng().normal() * 1e-6").fault == ""


def test_probes_wait_for_gate_two_but_limits_do_not(sandbox: NamespaceSandbox, tmp_path: Path):
    lab = Lab(tmp_path, sandbox, ORDER + LIMIT + "most = 1.0\n")
    trial = lab.run("y[1:] += y[:-1] * 0.1", probed=False)
    assert trial.fault == ""
    assert "probe_cpu_s" not in trial.scores
    assert "plausible" in lab.run("y += 5", probed=False).fault


LAX = "import os, sys\nprint('{\"error\": 0.0}')\n"
EMPTY_PASSES = SCORE.replace("y, t =", "import os\nif not os.path.getsize(a.out + '/y.npy'):\n"
                             "    raise SystemExit(print('{\"error\": 0.0}'))\ny, t =")  # fmt: skip
ZEROS_PASS = SCORE.replace("if y.shape == t.shape else 9.0", "if y.size else 0.0").replace(
    "np.abs(y - t)", "np.abs(y[:, :0])"
)


def test_a_scorer_that_demands_an_answer_passes(sandbox: NamespaceSandbox, tmp_path: Path):
    lab = Lab(tmp_path, sandbox, NULL)
    lab.evaluator.demand_null_fails(lab.files(""))
    lab.evaluator.reader.close()


@pytest.mark.parametrize(
    ("score", "said"),
    [(LAX, "no answer at all"), (EMPTY_PASSES, "an empty file"), (ZEROS_PASS, "zeros")],
)
def test_a_scorer_that_lets_nothing_pass_is_refused(
    sandbox: NamespaceSandbox, tmp_path: Path, score: str, said: str
):
    lab = Lab(tmp_path, sandbox, NULL, score)
    with pytest.raises(BadInput, match=said):
        lab.evaluator.demand_null_fails(lab.files(""))
    lab.evaluator.reader.close()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (ORDER.replace('["x.npy"]', '["z.npy"]'), "no input 'z.npy'"),
        (ORDER.replace('"work"', '"rest"'), "no phase 'rest'"),
        (ORDER.replace('"y.npy"', '"z.npy"'), "no output 'z.npy'"),
        (ORDER.replace('inputs = ["x.npy"]\n', ""), "needs `inputs`"),
        (LIMIT, "needs `least` or `most`"),
        (NEW.replace("max_gap = 0.1\n", ""), "needs `max_gap`"),
    ],
)
def test_settings_that_cannot_work_are_named(table: str, said: str):
    with pytest.raises(ConfigError, match=said):
        config.parse(SETTINGS + table)
    described = SETTINGS[SETTINGS.index("[[outputs]]") : SETTINGS.index("[limits]")]
    with pytest.raises(ConfigError, match=r"describe 'y\.npy'"):
        config.parse(SETTINGS.replace(described, "") + ORDER)


def test_zeros_of_tensors_are_a_plain_file(tmp_path: Path):
    from regency.config import OutputTable
    from regency.evaluate.artifacts import Reader
    from regency.evaluate.probes import _zeros

    table = OutputTable.model_validate(
        {"name": "m", "format": "safetensors", "tensors": {"a": [2, -1], "b": [3]}}
    )
    (tmp_path / "m").write_bytes(_zeros(table))
    reader = Reader([table], 1 << 20)
    reader.check("m", tmp_path / "m")
    reader.close()
    assert isinstance(io.BytesIO(_zeros(None)).read(), bytes)


@pytest.mark.parametrize("length", [2, 3, 8, 1000])
def test_no_row_keeps_its_place_in_another_order(length: int):
    rng = np.random.default_rng(length)
    for _ in range(20):
        order = _another_order(length, rng)
        assert sorted(order) == list(range(length))
        assert not (order == np.arange(length)).any()
