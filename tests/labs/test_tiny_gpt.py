"""The lab that needs PyTorch: what must hold as files, and that nothing but a model wins on it."""

import ast
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from attack_programs import LOOKUP, PEEK

import regency.labs.tiny_gpt
from regency import config
from regency.errors import BadInput, ConfigError
from regency.evaluate.contamination import scan
from regency.lab.create import Wish, bundled, create
from regency.records import Job, Limits, Outcome
from regency.sandbox.engines import NamespaceSandbox
from regency.sandbox.trusted import run_trusted

FILES = Path(regency.labs.tiny_gpt.__file__).parent / "files"
torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="needs PyTorch, as the lab tiny_gpt alone does: pip install torch==2.13.0",
)
PHASES = {
    "train": ("--seed", "1", "--data", "/in/train.bin", "--out", "/out/model"),
    "predict": ("--predict", "/in/model", "--contexts", "/in/contexts.npy"),
}


@pytest.fixture(scope="module")
def settings() -> config.Config:
    return config.parse((FILES / "regency.toml").read_text())


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, lab: Path) -> Path:
    folder = tmp_path_factory.mktemp("tiny_gpt") / "private"
    words = ["prepare.py", "--private", str(folder), "--readable", "pickletools"]
    made = subprocess.run(
        [sys.executable, "-B", *words], cwd=lab, check=True, capture_output=True, text=True
    )
    (folder.parent / "told.json").write_text(made.stdout)
    return folder


@pytest.fixture(scope="module")
def sandbox(settings: config.Config) -> Iterator[NamespaceSandbox]:
    start = {"start": "auto", "preload": settings.limits.preload}
    with NamespaceSandbox(hide=settings.sandbox.hide, core=None, **start) as made:
        yield made


def test_the_settings_name_what_is_there_and_hide_what_is_scored(
    settings: config.Config, lab: Path, data: Path
) -> None:
    assert settings.limits.cpu_s == 10
    assert settings.limits.preload == ["torch"]
    assert not settings.sandbox.devices
    tree = ast.parse((lab / "prepare.py").read_text())
    values = {n.targets[0].id: n.value for n in tree.body if isinstance(n, ast.Assign)}  # type: ignore[attr-defined]
    modules = set(ast.literal_eval(values["HIDDEN"])) - {"pickletools"}  # which torch imports
    assert settings.sandbox.hide == [
        f"stdlib:{n}" for n in ast.literal_eval(values["HIDDEN"]) if n in modules
    ]
    told = json.loads((data.parent / "told.json").read_text())["documents"]
    assert "pickletools.py" in told["train"]
    assert "pickletools.py" not in told["search"] + told["confirm"]
    assert not set(told["search"]) & set(told["confirm"])


def test_windows_are_those_of_the_other_lab(data: Path) -> None:
    for split in ("search", "confirm"):
        assert np.load(data / split / "contexts.npy").shape == (4000, 64)
        assert np.load(data / split / "targets.npy").shape == (4000,)


def test_one_setting_is_enough_for_a_gpu() -> None:
    text = (FILES / "regency.toml").read_text()
    made = config.parse(text.replace("devices = []", 'devices = ["/dev/nvidia*"]'))
    assert made.sandbox.devices == ["/dev/nvidia*"]
    assert made.limits.start == "cold"
    assert [made.limits.of(phase).cpu_s for phase in made.run] == [None, None]
    assert not made.together
    with pytest.raises(ConfigError, match="no fork can use a device"):
        config.parse(
            text.replace("devices = []", 'devices = ["/dev/x"]').replace('"auto"', '"fork"', 1)
        )


def test_without_torch_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "tiny_gpt" in bundled()
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n == "torch" else found(n))
    with pytest.raises(BadInput, match=r"needs torch\. Install it: pip install 'regency\[torch\]'"):
        create(tmp_path / "lab", Wish("tiny_gpt"))
    assert not (tmp_path / "lab").exists()


def phase(
    sandbox: NamespaceSandbox, name: str, files: Path, data: Path, out: Path, cpu_s: float
) -> Outcome:
    words = PHASES[name] + (("--out", "/out/log_probs.npy") if name == "predict" else ())
    reads = {"train.bin": data / "train.bin"}
    if name == "predict":
        reads = {"model": out / "model", "contexts.npy": data / "search/contexts.npy"}
    written = "model" if name == "train" else "log_probs.npy"
    job = Job(
        ("python", "train.py", *words),
        files=str(files),
        inputs={key: str(path) for key, path in reads.items()},
        outputs={written: str(out / written)},
    )
    return sandbox.run(job, Limits(cpu_s=cpu_s, wall_s=200, memory_bytes=2 << 30))


def edited(folder: Path, old: str, new: str) -> Path:
    source = (FILES / "train.py").read_text()
    assert source.count(old) == 1
    (folder / "lab").mkdir()
    (folder / "lab/train.py").write_text(source.replace(old, new))
    return folder / "lab"


def bits(lab: Path, data: Path, out: Path) -> float:
    command = ["python", "score.py", "--out", str(out), "--private", str(data)]
    result = run_trusted([*command, "--split", "search"], lab)
    assert result.exit_code == 0, result.stderr
    return float(json.loads(result.stdout)["val_bpb"])


@torch
def test_the_honest_model_learns_within_its_budget(
    sandbox: NamespaceSandbox, lab: Path, data: Path, tmp_path: Path
) -> None:
    outcome = phase(sandbox, "train", FILES, data, tmp_path, 4)
    assert outcome.status == "ok", outcome
    assert 3 < outcome.cpu_s < 4 * 1.05
    assert phase(sandbox, "predict", FILES, data, tmp_path, 5).status == "ok"
    assert 3.0 < bits(lab, data, tmp_path) < 5.0


@torch
def test_one_seed_makes_one_model(sandbox: NamespaceSandbox, data: Path, tmp_path: Path) -> None:
    files = edited(tmp_path, "while left_s() > SAVE_MARGIN_S:", "while step < 3:")
    models = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        outcome = phase(sandbox, "train", files, data, tmp_path / name, 20)
        assert outcome.status == "ok", outcome
        models.append(re.findall(r"[\d.]+ bits", outcome.stdout))
        assert (tmp_path / name / "model").stat().st_size > 4 * 130_000
    assert models[0] == models[1]


@torch
def test_raising_the_budget_in_the_edited_file_ends_in_a_cpu_fault(
    sandbox: NamespaceSandbox, data: Path, tmp_path: Path
) -> None:
    files = edited(tmp_path, 'float(os.environ.get("REGENCY_CPU_S", "10"))', "60.0")
    outcome = phase(sandbox, "train", files, data, tmp_path, 1)
    assert outcome.status == "cpu", outcome
    assert not (tmp_path / "model").exists()


def test_peeking_at_other_windows_gains_nothing(lab: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "log_probs.npy"
    (tmp_path / "peek.py").write_text(PEEK)
    contexts = data / "search/contexts.npy"
    subprocess.run([sys.executable, tmp_path / "peek.py", contexts, out], check=True)
    assert bits(lab, data, tmp_path) > 7.9


def test_peeking_at_windows_that_slide_would_win(data: Path, lab: Path, tmp_path: Path) -> None:
    text = np.frombuffer((data / "train.bin").read_bytes()[:4064], np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(text, 65)
    (tmp_path / "private/search").mkdir(parents=True)
    np.save(tmp_path / "private/search/contexts.npy", windows[:, :-1])
    np.save(tmp_path / "private/search/targets.npy", windows[:, -1])
    (tmp_path / "peek.py").write_text(PEEK)
    words = [str(tmp_path / "private/search/contexts.npy"), str(tmp_path / "log_probs.npy")]
    subprocess.run([sys.executable, tmp_path / "peek.py", *words], check=True)
    assert bits(lab, tmp_path / "private", tmp_path) < 2.0


def test_looking_the_text_up_gains_nothing(
    settings: config.Config, lab: Path, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab/lookup.py").write_text(LOOKUP)
    job = Job(
        command=("python", "lookup.py", "/in/contexts.npy", "/out/log_probs.npy"),
        files=str(tmp_path / "lab"),
        inputs={"contexts.npy": str(data / "search/contexts.npy")},
        outputs={"log_probs.npy": str(tmp_path / "log_probs.npy")},
    )
    with NamespaceSandbox(hide=settings.sandbox.hide) as cold:
        assert cold.run(job, Limits(wall_s=120)).status == "ok"
    assert bits(lab, data, tmp_path) > 7.5


@torch
@pytest.mark.slow
def test_no_hidden_document_can_be_read_not_even_in_torch(
    settings: config.Config, data: Path
) -> None:
    hidden = sorted((data / "hidden").rglob("*.txt"))
    with NamespaceSandbox(hide=settings.sandbox.hide) as cold:
        found = scan(cold, hidden, files=FILES)
    assert found.clean, found.matches


@torch
def test_torch_is_imported_before_the_fork(sandbox: NamespaceSandbox, tmp_path: Path) -> None:
    code = "import sys; print('torch' in sys.modules); import torch; print(torch.get_num_threads())"
    (tmp_path / "say.py").write_text(code)
    outcome = sandbox.run(Job(("python", "say.py"), files=str(tmp_path)), Limits(cpu_s=1))
    assert outcome.start == "fork"
    assert outcome.stdout == "True\n1\n"


@torch
def test_the_model_is_as_small_as_it_is_said_to_be() -> None:
    code = f"import sys; sys.path.insert(0, {str(FILES)!r}); import train; "
    code += "print(sum(p.numel() for p in train.Model().parameters()))"
    said = subprocess.run([sys.executable, "-B", "-c", code], check=True, capture_output=True)
    assert 130_000 < int(said.stdout) < 145_000
