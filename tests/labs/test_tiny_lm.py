"""The bundled lab as files, data and scorer: what must hold before any candidate runs."""

import ast
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from regency import config
from regency.evaluate.contamination import scan
from regency.sandbox.engines import NamespaceSandbox
from regency.sandbox.trusted import TrustedResult, run_trusted

SPLITS = ("search", "confirm")


def settings_of(lab: Path) -> config.Config:
    return config.parse((lab / "regency.toml").read_text())


def test_the_settings_are_valid_and_name_files_that_are_there(lab: Path) -> None:
    settings = settings_of(lab)
    named = [*settings.change.editable, *settings.data.files, settings.lab.brief]
    for phase in settings.run:
        named += [word for word in phase.command if word.endswith(".py")]
    assert all((lab / name).is_file() for name in named)
    assert settings.limits.cpu_s == 2
    assert settings.score.trust == "blind"


def test_every_module_with_scored_text_is_hidden(lab: Path) -> None:
    tree = ast.parse((lab / "prepare.py").read_text())
    values = {n.targets[0].id: n.value for n in tree.body if isinstance(n, ast.Assign)}  # type: ignore[attr-defined]
    modules = ast.literal_eval(values["HIDDEN"])
    assert settings_of(lab).sandbox.hide == [f"stdlib:{name}" for name in modules]


@pytest.mark.parametrize("split", SPLITS)
def test_shapes(private: Path, split: str) -> None:
    contexts = np.load(private / split / "contexts.npy")
    targets = np.load(private / split / "targets.npy")
    assert contexts.dtype == targets.dtype == np.uint8
    assert contexts.shape == (4000, 64)
    assert targets.shape == (4000,)


def test_the_documents_of_the_splits_differ(private: Path) -> None:
    search, confirm = ({p.name for p in (private / "hidden" / s).iterdir()} for s in SPLITS)
    assert len(search) > 10
    assert len(confirm) > 10
    assert not search & confirm


def rows(private: Path, split: str) -> list[bytes]:
    contexts = np.load(private / split / "contexts.npy")
    targets = np.load(private / split / "targets.npy")
    return [c.tobytes() + bytes([t]) for c, t in zip(contexts, targets, strict=True)]


def pieces(text: bytes) -> set[bytes]:
    squeezed = b"".join(text.split())
    return {squeezed[n : n + 32] for n in range(len(squeezed) - 31)}


def test_scored_windows_share_no_text_with_training_or_the_other_split(private: Path) -> None:
    search, confirm = (set().union(*map(pieces, rows(private, split))) for split in SPLITS)
    train = b"".join((private / "train.bin").read_bytes().split())
    scored = search | confirm
    assert not any(train[n : n + 32] in scored for n in range(len(train)))
    assert not search & confirm


def test_making_the_data_again_gives_the_same_bytes(
    lab: Path, private: Path, tmp_path: Path
) -> None:
    result = run_trusted(["python", "prepare.py", "--private", str(tmp_path)], lab)
    digests = json.loads(result.stdout)["sha256"]
    assert len(digests) == 5
    for name, digest in digests.items():
        assert hashlib.sha256((private / name).read_bytes()).hexdigest() == digest


def test_a_cut_down_library_is_named_with_the_fix(lab: Path, tmp_path: Path) -> None:
    source = (lab / "prepare.py").read_text()
    (tmp_path / "prepare.py").write_text(source.replace("TRAIN_FLOOR = ", "TRAIN_FLOOR = 10**9 + "))
    result = run_trusted(["python", "prepare.py", "--private", str(tmp_path / "p")], tmp_path)
    assert result.exit_code == 1
    assert "install the full one" in result.stderr


def score(lab: Path, private: Path, out: Path) -> TrustedResult:
    command = ["python", "score.py", "--out", str(out), "--private", str(private)]
    return run_trusted([*command, "--split", "search"], lab)


def test_the_scorer_gives_the_textbook_numbers(lab: Path, private: Path, tmp_path: Path) -> None:
    targets = np.load(private / "search/targets.npy")
    np.save(tmp_path / "log_probs.npy", np.zeros((4000, 256), np.float32))
    assert json.loads(score(lab, private, tmp_path).stdout) == {"val_bpb": 8.0}
    probs = np.full((4000, 256), 0.5 / 255, np.float32)
    probs[np.arange(4000), targets] = 0.5
    np.save(tmp_path / "log_probs.npy", np.log(probs))
    value = json.loads(score(lab, private, tmp_path).stdout)["val_bpb"]
    assert value == pytest.approx(1.0, abs=1e-5)


@pytest.mark.slow
def test_the_scan_finds_no_hidden_text_in_the_labs_own_sandbox(lab: Path, private: Path) -> None:
    hidden = sorted((private / "hidden").rglob("*.txt"))
    with NamespaceSandbox(hide=settings_of(lab).sandbox.hide, mounts=[], core=None) as sandbox:
        result = scan(sandbox, hidden, files=lab)
    assert result.clean, result.matches
    assert result.documents > 0.8 * len(hidden)
