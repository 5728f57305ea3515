"""The scan for hidden text, on folders of its own and in the real sandbox."""

import os
import py_compile
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regency.errors import BadInput
from regency.evaluate import contamination, scanner_program
from regency.evaluate.contamination import Match
from regency.evaluate.scanner_program import CHUNK, Sought
from regency.sandbox.engines import NamespaceSandbox

WORDS = ("every", "candidate", "and", "person", "reads", "what", "agents", "write", "before")


def prose(seed: int, size: int = 6000) -> str:
    rng = random.Random(seed)
    words = (
        "".join(rng.choices("etaoinshrdlucmfwypvbgkjqxz", k=rng.randrange(2, 9)))
        for _ in iter(int, 1)
    )
    text: list[str] = []
    while sum(map(len, text)) < size:
        text += [next(words), rng.choice(WORDS), " ", rng.choice((" ", "\n", ", "))]
    return "".join(text)


def look(root: Path, hidden: list[bytes]) -> tuple[Match, ...]:
    texts = [np.frombuffer(text, np.uint8) for text in hidden]
    trigger = contamination.trigger_of(texts)
    table, owners = contamination.windows_of(texts, trigger, 48)
    result = scanner_program.scan(str(root), Sought(table, trigger, 48))
    return contamination._matches(result["found"], owners, [str(n) for n in range(len(hidden))])


@given(before=st.integers(0, 300), seed=st.integers(0, 50))
@settings(max_examples=20, deadline=None)
def test_a_copy_is_found_at_any_offset(tmp_path_factory, before: int, seed: int) -> None:
    folder = tmp_path_factory.mktemp("offset")
    secret = prose(seed).encode()
    (folder / "notes.txt").write_bytes(b"x" * before + secret + b"end")
    assert look(folder, [secret]) == (Match(str(folder / "notes.txt"), "0", 1.0),)


def test_a_copy_across_two_chunks_is_found_whole(tmp_path: Path) -> None:
    secret = prose(1).encode()
    (tmp_path / "big.bin").write_bytes(bytes(CHUNK - len(secret) // 2) + secret + bytes(CHUNK))
    assert [m.share for m in look(tmp_path, [secret])] == [1.0]


def test_a_docstring_is_found_in_compiled_code(tmp_path: Path) -> None:
    secret = prose(2)
    source = tmp_path / "source.py"
    source.write_text(f'"""{secret}"""\n')
    py_compile.compile(str(source), cfile=str(tmp_path / "source.pyc"))
    source.unlink()
    assert [Path(m.path).name for m in look(tmp_path, [secret.encode()])] == ["source.pyc"]


def test_each_file_is_named_and_links_and_pipes_do_no_harm(tmp_path: Path) -> None:
    secrets = [prose(3).encode(), prose(4).encode()]
    for number, secret in enumerate(secrets):
        (tmp_path / f"{number}.txt").write_bytes(secret)
    (tmp_path / "harmless.txt").write_bytes(prose(5).encode())
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path)
    found = {(Path(m.path).name, m.hidden) for m in look(tmp_path, secrets)}
    assert found == {("0.txt", "0"), ("1.txt", "1")}


def test_a_common_licence_is_no_alarm(tmp_path: Path) -> None:
    licence = prose(6, 400)
    (tmp_path / "LICENSE").write_text(licence)
    (tmp_path / "other.py").write_text(licence + prose(7))
    hidden = [(licence + prose(8)).encode(), (licence + prose(9)).encode()]
    assert look(tmp_path, hidden) == ()
    assert look(tmp_path, [(licence + prose(8, 12_000)).encode()]) == ()


@pytest.fixture
def leak(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    (tmp_path / "answers.txt").write_text(prose(10))
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:  # candidates have a /tmp of their own
        (Path(name) / "copy.txt").write_text("Found on the net: " + prose(10))
        yield tmp_path / "answers.txt", Path(name)


def test_a_leak_into_the_real_sandbox_is_named_with_the_fix(leak: tuple[Path, Path]) -> None:
    hidden, shown = leak
    with NamespaceSandbox(hide=[], mounts=[str(shown)], core=None) as sandbox:
        result = contamination.scan(sandbox, [hidden])
    assert [(m.path, m.hidden) for m in result.matches] == [(str(shown / "copy.txt"), str(hidden))]
    assert result.files_read > 1000
    with pytest.raises(BadInput, match=r"copy\.txt.*\[sandbox\] hide"):
        result.demand_clean()


def test_nothing_to_look_for_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "short").write_text("short")
    with pytest.raises(BadInput, match="too short"):
        contamination.scan(None, [tmp_path / "short"])  # type: ignore[arg-type]
