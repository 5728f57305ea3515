"""Ways to win on the bundled lab without a better model: each is tried for real and gains nothing.

Where it is cheap, the same attack is shown to work once its protection is taken away.
"""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from attack_programs import LOOKUP

from regency import config
from regency.records import Job, Limits, Outcome
from regency.sandbox.engines import NamespaceSandbox
from regency.sandbox.trusted import TrustedResult, run_trusted


@pytest.fixture(scope="module")
def settings(lab: Path) -> config.Config:
    return config.parse((lab / "regency.toml").read_text())


@pytest.fixture(scope="module")
def sandbox(settings: config.Config) -> Iterator[NamespaceSandbox]:
    with NamespaceSandbox(hide=settings.sandbox.hide, mounts=[], core=None) as made:
        yield made


@pytest.fixture(scope="module")
def unhidden() -> Iterator[NamespaceSandbox]:
    with NamespaceSandbox(hide=[], mounts=[], core=None) as made:
        yield made


def scored(lab: Path, private: Path, out: Path) -> TrustedResult:
    command = ["python", "score.py", "--out", str(out), "--private", str(private)]
    return run_trusted([*command, "--split", "search"], lab)


def bits(lab: Path, private: Path, out: Path) -> float:
    result = scored(lab, private, out)
    assert result.exit_code == 0, result.stderr
    return float(json.loads(result.stdout)["val_bpb"])


def train(
    sandbox: NamespaceSandbox, files: Path, private: Path, out: Path, cpu_s: float
) -> Outcome:
    words = ("train.py", "--seed", "1", "--data", "/in/train.bin", "--out", "/out/model")
    job = Job(
        command=("python", *words),
        files=str(files),
        inputs={"train.bin": str(private / "train.bin")},
        outputs={"model": str(out / "model")},
    )
    return sandbox.run(job, Limits(cpu_s=cpu_s, wall_s=30))


def predict(sandbox: NamespaceSandbox, files: Path, private: Path, out: Path) -> Outcome:
    words = ("train.py", "--predict", "/in/model", "--contexts", "/in/contexts.npy")
    job = Job(
        command=("python", *words, "--out", "/out/log_probs.npy"),
        files=str(files),
        inputs={
            "model": str(out / "model"),
            "contexts.npy": str(private / "search/contexts.npy"),
        },
        outputs={"log_probs.npy": str(out / "log_probs.npy")},
    )
    return sandbox.run(job, Limits(cpu_s=2, wall_s=30))


def test_the_honest_model_learns_within_its_budget(
    sandbox: NamespaceSandbox, lab: Path, private: Path, tmp_path: Path
) -> None:
    outcome = train(sandbox, lab, private, tmp_path, 1.5)
    assert outcome.status == "ok", outcome
    assert 1.0 < outcome.cpu_s < 1.5 * 1.05
    assert predict(sandbox, lab, private, tmp_path).status == "ok"
    assert 2.5 < bits(lab, private, tmp_path) < 4.5


def lookup(sandbox: NamespaceSandbox, lab: Path, private: Path, folder: Path) -> float:
    (folder / "lab").mkdir()
    (folder / "lab/lookup.py").write_text(LOOKUP)
    job = Job(
        command=("python", "lookup.py", "/in/contexts.npy", "/out/log_probs.npy"),
        files=str(folder / "lab"),
        inputs={"contexts.npy": str(private / "search/contexts.npy")},
        outputs={"log_probs.npy": str(folder / "log_probs.npy")},
    )
    outcome = sandbox.run(job, Limits(cpu_s=None, wall_s=120))
    assert outcome.status == "ok", outcome
    return bits(lab, private, folder)


def test_looking_the_text_up_in_the_standard_library_gains_nothing(
    sandbox: NamespaceSandbox, lab: Path, private: Path, tmp_path: Path
) -> None:
    assert lookup(sandbox, lab, private, tmp_path) > 7.5


def test_without_hiding_the_lookup_beats_any_model(
    unhidden: NamespaceSandbox, lab: Path, private: Path, tmp_path: Path
) -> None:
    assert lookup(unhidden, lab, private, tmp_path) < 2.0


def answers_in_other_contexts(contexts: np.ndarray, targets: np.ndarray) -> float:
    """Return the share of targets that follow their context's last 16 bytes in another context."""
    follows: dict[bytes, int] = {}
    for row in contexts:
        text = row.tobytes()
        follows |= {text[n : n + 16]: text[n + 16] for n in range(len(text) - 16)}
    endings = [row.tobytes()[-16:] for row in contexts]
    pairs = zip(endings, targets.tolist(), strict=True)
    return float(np.mean([follows.get(end) == target for end, target in pairs]))


@pytest.mark.parametrize("split", ["search", "confirm"])
def test_contexts_do_not_give_each_others_answers_away(private: Path, split: str) -> None:
    contexts = np.load(private / split / "contexts.npy")
    targets = np.load(private / split / "targets.npy")
    assert answers_in_other_contexts(contexts, targets) < 0.005  # a window that repeats itself


def test_sliding_windows_would_give_almost_every_answer_away(private: Path) -> None:
    text = np.frombuffer((private / "train.bin").read_bytes()[:4064], np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(text, 65)
    assert answers_in_other_contexts(windows[:, :-1], windows[:, -1]) > 0.9


def test_raising_the_budget_in_the_edited_file_ends_in_a_cpu_fault(
    sandbox: NamespaceSandbox, lab: Path, private: Path, tmp_path: Path
) -> None:
    source = (lab / "train.py").read_text()
    edited = source.replace('os.environ.get("REGENCY_CPU_S", "2")', "60")
    assert edited != source
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab/train.py").write_text(edited)
    outcome = train(sandbox, tmp_path / "lab", private, tmp_path, 1.0)
    assert outcome.status == "cpu", outcome
    assert not (tmp_path / "model").exists()


def uniform() -> np.ndarray:
    return np.zeros((4000, 256), np.float32)


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def spoiled(value: float) -> bytes:
    array = uniform()
    array[17, 3] = value
    return npy(array)


def lying(shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + bytes(64)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(spoiled(float("nan")), id="nan"),
        pytest.param(spoiled(float("inf")), id="infinity"),
        pytest.param(spoiled(float("-inf")), id="minus infinity"),
        pytest.param(npy(uniform()[1:]), id="too few rows"),
        pytest.param(npy(uniform()[:, 1:]), id="too few columns"),
        pytest.param(npy(np.asfortranarray(uniform())), id="other order"),
        pytest.param(npy(uniform().astype(np.int32)), id="integers"),
        pytest.param(npy(np.array([{"a": 1}], object)), id="pickle"),
        pytest.param(lying((4000, 256)), id="body too short"),
        pytest.param(lying((1 << 33, 256)), id="8 TiB"),
        pytest.param(npy(uniform()) + b"more", id="body too long"),
        pytest.param(b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535, id="deep header"),
        pytest.param(b"", id="empty"),
    ],
)
def test_the_scorer_refuses(lab: Path, private: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "log_probs.npy").write_bytes(content)
    result = scored(lab, private, tmp_path)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("score.py: log_probs.npy")
    assert result.stderr.count("\n") == 1


def test_probabilities_that_do_not_sum_to_one_gain_nothing(
    lab: Path, private: Path, tmp_path: Path
) -> None:
    np.save(tmp_path / "log_probs.npy", uniform() + 50)
    assert bits(lab, private, tmp_path) == pytest.approx(8.0)
    np.save(tmp_path / "log_probs.npy", uniform() + np.float32(3e38))
    assert bits(lab, private, tmp_path) == pytest.approx(8.0)
