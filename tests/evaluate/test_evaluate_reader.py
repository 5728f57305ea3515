"""Declared formats, read in a real limited process: honest files pass, hostile ones are named."""

import io
import json
import os
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regency.config import OutputTable
from regency.errors import TrialError
from regency.evaluate.artifacts import Reader

CAP = 32 << 20
TABLES = [
    {"name": "any.npy", "format": "npy"},
    {"name": "exact.npy", "format": "npy", "dtypes": ["float32"], "shape": [-1, 4]},
    {"name": "few.npy", "format": "npy", "max_elements": 10, "finite": False},
    {"name": "any.json", "format": "json", "max_elements": 1000},
    {"name": "any.st", "format": "safetensors", "max_elements": 100_000},
    {
        "name": "exact.st",
        "format": "safetensors",
        "dtypes": ["float32", "bfloat16"],
        "tensors": {"a": [2, 2], "b": [-1]},
    },
]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    made = Reader([OutputTable.model_validate(table) for table in TABLES], CAP)
    yield made
    made.close()


def fault(reader: Reader, name: str, content: bytes, folder: Path) -> str:
    path = folder / name
    path.write_bytes(content)
    try:
        reader.check(name, path)
    except TrialError as error:
        return str(error)
    return ""


def npy(array: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(array))
    return file.getvalue()


def lying(shape: str, body: int = 64, descr: str = "'<f4'", more: str = "") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}{more}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(body)


def tensors(header: object, body: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def tensor(dtype: str, shape: list[int], start: int, stop: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


F4 = tensor("F32", [4], 0, 16)
MANY = {f"t{n}": tensor("U8", [0], 0, 0) for n in range(300_000)}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("any.npy", npy(np.arange(6.0).reshape(2, 3))),
        ("any.npy", npy(np.zeros((0, 4), np.int8))),
        ("any.npy", npy(True)),
        ("exact.npy", npy(np.ones((3, 4), np.float32))),
        ("few.npy", npy([np.nan, np.inf])),
        ("any.json", b'{"a": [1, 2.5, -3e10, "text", null, true], "b": {"a": 1}}'),
        ("any.json", b"[]"),
        ("any.json", ("[" * 60 + "]" * 60).encode()),
        ("any.st", tensors({"a": F4}, bytes(16))),
        ("any.st", tensors({"__metadata__": {"made": "by us"}, "a": F4}, bytes(16))),
        ("any.st", tensors({})),
        ("any.st", tensors(json.dumps({"a": F4}).encode() + b"   ", bytes(16))),
        (
            "exact.st",
            tensors(
                {"b": tensor("BF16", [2], 16, 20), "a": tensor("F32", [2, 2], 0, 16)}, bytes(20)
            ),
        ),
    ],
)
def test_honest_files_pass(reader: Reader, tmp_path: Path, name: str, content: bytes):
    assert fault(reader, name, content, tmp_path) == ""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("any.npy", lying(f"({1 << 41},)"), "claims"),
        ("any.npy", lying("(1000,)"), "not what its header says"),
        ("any.npy", npy([1.0]) + b"more", "not what its header says"),
        ("any.npy", lying("(-1,)"), "no array has"),
        ("any.npy", lying("(True,)", 4), "no array has"),
        ("any.npy", lying("(16,)", descr="'|O'"), "plain numbers"),
        ("any.npy", lying("(16,)", descr="'>f4'"), "plain numbers"),
        ("any.npy", lying("(4,)", descr="[('a', '<f4')]"), "C order"),
        ("any.npy", lying("(16,)", more=", 'shape': (1,)"), "twice"),
        ("any.npy", lying("(16,)", more=", 'x': 1"), "cannot be read"),
        ("any.npy", lying("(16,)", more=", **{}"), "cannot be read"),
        ("any.npy", lying("__import__('os')"), "cannot be read"),
        ("any.npy", npy(np.asfortranarray(np.ones((2, 3)))), "C order"),
        ("any.npy", b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535, "header of 65,535"),
        ("any.npy", b"\x93NUMPY\x01\x00\x00\x0f" + b"(" * 3840, "cannot be read"),
        ("any.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "header of"),
        ("any.npy", b"PK\x03\x04", "not an npy"),
        ("any.npy", b"", "not an npy"),
        ("any.npy", npy(np.array([{"a": 1}], object)), "plain numbers"),
        ("any.npy", npy([1.0, np.nan]), "NaN or infinity"),
        ("any.npy", npy(np.array([1, -np.inf], np.float16)), "NaN or infinity"),
        ("any.npy", bytes(CAP + 1), "bytes of at most"),
        ("exact.npy", npy(np.ones((3, 4))), "not float32"),
        ("exact.npy", npy(np.ones((3, 5), np.float32)), "has the shape"),
        ("exact.npy", npy(np.ones((3,), np.float32)), "has the shape"),
        ("few.npy", npy(np.zeros(11)), "at most 10"),
        ("any.json", b"[" * 100_000 + b"]" * 100_000, "nested"),
        ("any.json", b"[" * 65 + b"]" * 65, "nested more than 64"),
        ("any.json", b'{"a": NaN}', "NaN"),
        ("any.json", b'{"a": -Infinity}', "Infinity"),
        ("any.json", b'{"a": 1e999}', "beyond a double"),
        ("any.json", b"1" * 400, "digits"),
        ("any.json", b'{"a": 1, "a": 2}', "'a' twice"),
        ("any.json", b'{"a": 1} {"a": 2}', "not JSON"),
        ("any.json", b'\xef\xbb\xbf{"a": 1}', "not JSON"),
        ("any.json", b'{"a": "\xff"}', "UTF-8"),
        ("any.json", rb'{"a": "\ud800"}', "surrogate"),
        ("any.json", b"[" + b"1," * 1000 + b"1]", "values"),
        ("any.json", b"", "not JSON"),
        ("any.st", tensors({"a": F4}, bytes(15)), "not what its header says"),
        ("any.st", tensors({"a": F4}, bytes(17)), "not what its header says"),
        ("any.st", tensors({"a": F4, "b": tensor("F32", [4], 8, 24)}, bytes(24)), "overlap"),
        ("any.st", tensors({"a": F4, "b": tensor("F32", [4], 20, 36)}, bytes(36)), "holes"),
        ("any.st", tensors({"a": tensor("F32", [5], 0, 16)}, bytes(16)), "lie about"),
        ("any.st", tensors({"a": tensor("F32", [4], 16, 0)}, bytes(16)), "lie about"),
        ("any.st", tensors({"a": tensor("F32", [1 << 40], 0, 16)}, bytes(16)), "claims"),
        ("any.st", tensors({"a": tensor("F32", [1 << 20, 1 << 20, 0], 0, 0)}), ""),
        ("any.st", tensors({"a": tensor("F32", [-4], 0, 16)}, bytes(16)), "no array has"),
        ("any.st", tensors({"a": tensor("X", [4], 0, 16)}, bytes(16)), "of type 'X'|of type X"),
        ("any.st", tensors({"a": {**F4, "more": 1}}, bytes(16)), "wrongly"),
        ("any.st", tensors({"a": {**F4, "data_offsets": [0.0, 16]}}, bytes(16)), "no lengths"),
        ("any.st", tensors({"a": [1]}), "wrongly"),
        ("any.st", tensors([]), "not a safetensors"),
        ("any.st", tensors({"__metadata__": {"a": 1}}), "metadata"),
        ("any.st", tensors(b'{"a":1,"a":2}'), "'a' twice"),
        ("any.st", tensors(MANY), "header that is too long"),
        ("any.st", tensors({"a": F4}, bytes(16), length=1 << 60), "header that is too long"),
        ("any.st", b"\x01", "header that is too long"),
        ("any.st", tensors(b"{" * 5000), "not JSON|nested"),
        ("any.st", tensors({"a": F4}, struct.pack("<4f", 1, 2, np.nan, 4)), "NaN"),
        ("exact.st", tensors({"a": F4}, bytes(16)), "other tensors"),
        (
            "exact.st",
            tensors({"a": tensor("F32", [4], 0, 16), "b": tensor("F32", [0], 16, 16)}, bytes(16)),
            "has the shape",
        ),
        (
            "exact.st",
            tensors(
                {"a": tensor("F32", [2, 2], 0, 16), "b": tensor("BF16", [1], 16, 18)},
                bytes(16) + b"\x80\x7f",
            ),
            "NaN or infinity",
        ),
    ],
)
def test_hostile_files_are_named(
    reader: Reader, tmp_path: Path, name: str, content: bytes, said: str
):
    found = fault(reader, name, content, tmp_path)
    assert re.search(said, found), found
    assert found == "" or found.startswith(f"its output {name!r}")
    assert "\n" not in found


def link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def missing(path: Path) -> None:
    assert not path.exists()


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("make", "said"),
    [(link, "plain file"), (pipe, "plain file"), (sparse, "at most"), (missing, "cannot be opened"),
     (Path.mkdir, "plain file")],
)  # fmt: skip
def test_what_is_no_plain_file_is_named(
    reader: Reader, tmp_path: Path, make: Callable[[Path], None], said: str
):
    make(tmp_path / "any.npy")
    with pytest.raises(TrialError, match=said):
        reader.check("any.npy", tmp_path / "any.npy")


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    start=st.sampled_from(
        [npy(np.ones((2, 4), np.float32)), tensors({"a": F4}, bytes(16)), b'{"a": 1}']
    ),
    name=st.sampled_from(["any.npy", "any.st", "any.json"]),
    place=st.integers(0, 200),
    junk=st.binary(max_size=8),
)
def test_any_bytes_get_an_answer(
    reader: Reader, tmp_path: Path, start: bytes, name: str, place: int, junk: bytes
):
    found = fault(reader, name, start[:place] + junk + start[place + len(junk) :], tmp_path)
    assert isinstance(found, str)
    assert "too long or too much" not in found


def test_one_bad_file_does_not_end_the_reader(reader: Reader, tmp_path: Path):
    before = reader._companion._process
    assert fault(reader, "any.json", b"[" * (4 << 20), tmp_path) != ""
    assert fault(reader, "any.npy", npy([1.0]), tmp_path) == ""
    assert reader._companion._process is before


def test_a_killed_reader_comes_back(reader: Reader, tmp_path: Path):
    assert fault(reader, "any.npy", npy([1.0]), tmp_path) == ""
    assert reader._companion._process is not None
    reader._companion._process.kill()
    reader._companion._process.wait()
    assert fault(reader, "any.npy", npy([1.0]), tmp_path) == ""


def test_other_outputs_are_left_alone(reader: Reader, tmp_path: Path):
    reader.check("model", tmp_path / "not there")


def test_outputs_that_must_agree(reader: Reader, tmp_path: Path):
    first, second, order = (tmp_path / name for name in ("1", "2", "order.npy"))
    table = np.arange(12, dtype=np.float32).reshape(3, 4)
    first.write_bytes(npy(table))
    np.save(order, np.array([2, 0, 1]))
    second.write_bytes(npy(table[[2, 0, 1]] + np.float32(0.01)))

    def agree(**how: object) -> bool:
        return reader.agree("exact.npy", first, second, {"tolerance": 0.0, **how})

    assert not agree()
    assert not agree(rows=str(order))
    assert agree(rows=str(order), tolerance=0.02)
    second.write_bytes(npy(np.hstack([table[:, :2], -table[:, 2:]])))
    assert agree(keep=[1, 2])
    assert not agree(keep=[1, 3])
    assert agree(keep=[0, 0])
    second.write_bytes(npy(table * np.float32(np.nan)))
    with pytest.raises(TrialError, match="NaN"):
        agree()
