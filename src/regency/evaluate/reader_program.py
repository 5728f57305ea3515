"""Reads what untrusted code wrote, in a process that may not use much: stands alone, on purpose.

Started with nothing but this file, it answers each line of its input (a JSON object) with a line
(a JSON object with ``fault``, empty if all is well). Each answer comes from a fork of its own with
limits on memory and time, so that one file can neither starve nor poison the reading of the next.

Formats: RFC 8259 (JSON), NEP 1 (npy), and the safetensors format as its README gives it.
"""

import ast
import json
import math
import os
import resource
import select
import signal
import stat
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, NoReturn

import numpy as np

Spec = Mapping[str, Any]
Shape = Sequence[int]
Tensors = dict[str, Any]
Array = np.ndarray[Any, np.dtype[Any]]
Dtype = np.dtype[Any]
HEADER_BYTES = {"npy": 4096, "safetensors": 1 << 20}
MOST_TENSORS = 10_000
MOST_DEPTH = 64
MOST_AXES = 16
SPARE_BYTES = 512 << 20
CPU_S = 20
WALL_S = 60.0
CHUNK = 1 << 20
DTYPES = {
    "float16": "<f2", "float32": "<f4", "float64": "<f8", "bfloat16": "", "bool": "|b1",
    "int8": "|i1", "int16": "<i2", "int32": "<i4", "int64": "<i8",
    "uint8": "|u1", "uint16": "<u2", "uint32": "<u4", "uint64": "<u8",
}  # fmt: skip
TENSOR_DTYPES = {
    "F16": "float16", "F32": "float32", "F64": "float64", "BF16": "bfloat16", "BOOL": "bool",
    "I8": "int8", "I16": "int16", "I32": "int32", "I64": "int64",
    "U8": "uint8", "U16": "uint16", "U32": "uint32", "U64": "uint64",
}  # fmt: skip


class Fault(Exception):
    """What is wrong with a file, to follow its name in a sentence."""


def opened(path: str) -> BinaryIO:
    """Return an open regular file; links and special files are refused."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Fault("cannot be opened as a plain file") from error
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise Fault("is not a plain file")
    return os.fdopen(file, "rb")


def sized(file: BinaryIO, spec: Spec) -> int:
    """Return the size of ``file`` if it is within the limit."""
    size = os.fstat(file.fileno()).st_size
    if size > spec["max_bytes"]:
        raise Fault(f"has {size:,} bytes of at most {spec['max_bytes']:,}")
    return size


# ── JSON ───────────────────────────────────────────────────────────────────────────────────────


def check_json(file: BinaryIO, spec: Spec) -> Any:
    """Return the value of one plain JSON text of bounded depth and size, with finite numbers."""
    sized(file, spec)
    try:
        text = file.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise Fault("is not UTF-8") from error
    value = parsed_json(text)
    count, level = 0, [value]
    for depth in range(MOST_DEPTH + 1):
        if not level:
            break
        count += len(level)
        if count > spec["max_elements"]:
            raise Fault(f"holds more than {spec['max_elements']:,} values")
        if depth == MOST_DEPTH:
            raise Fault(f"is nested more than {MOST_DEPTH} deep")
        level = [inner for outer in level for inner in below(outer)]
    return value


def numbers(value: Any) -> Array:
    """Return a JSON value as an array of numbers."""
    try:
        made = np.asarray(value, np.float64)
    except (TypeError, ValueError) as error:
        raise Fault("is no array of numbers") from error
    return made


def parsed_json(text: str) -> Any:
    """Return the value of a JSON text; no key comes twice, no number is beyond a double."""
    try:
        return json.loads(
            text,
            object_pairs_hook=unique,
            parse_constant=constant,
            parse_float=number,
            parse_int=integer,
        )
    except RecursionError as error:
        raise Fault("is nested too deeply") from error
    except ValueError as error:
        raise Fault(f"is not JSON: {str(error)[:100]}") from error


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object's pairs as a dictionary."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Fault(f"has the key {twice[:60]!r} twice")
    return made


def constant(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which JSON does not have."""
    raise Fault(f"holds {name}, which is no JSON number")


def number(text: str) -> float:
    """Return the number in ``text``."""
    value = float(text)
    if not math.isfinite(value):
        raise Fault(f"holds {text[:30]}, which is beyond a double")
    return value


def integer(text: str) -> int:
    """Return the integer in ``text``."""
    if len(text) > 309:
        raise Fault(f"holds an integer of {len(text)} digits")
    number(text)
    return int(text)


def below(value: Any) -> list[Any]:
    """Return what is in ``value``; text that cannot be written again is refused on the way."""
    if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
        raise Fault("holds half of a surrogate pair")
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []


# ── npy ────────────────────────────────────────────────────────────────────────────────────────


def check_npy(file: BinaryIO, spec: Spec) -> tuple[Dtype, Shape]:
    """Return dtype and shape of a plain npy file whose body is exactly what its header says."""
    size = sized(file, spec)
    dtype, shape = npy_header(file)
    allowed = [DTYPES[name] for name in spec["dtypes"]] or [d for d in DTYPES.values() if d]
    if dtype not in allowed:
        raise Fault(f"holds {dtype!r}, not {' or '.join(spec['dtypes']) or 'plain numbers'}")
    demand_shape(shape, spec["shape"])
    elements = math.prod(shape)
    if elements > spec["max_elements"]:
        raise Fault(f"claims {elements:,} elements of at most {spec['max_elements']:,}")
    body = size - file.tell()
    if body != elements * np.dtype(dtype).itemsize:
        raise Fault(f"holds {body:,} bytes, which is not what its header says")
    if spec["finite"]:
        demand_finite(file, dtype, elements)
    return np.dtype(dtype), shape


def npy_header(file: BinaryIO) -> tuple[str, Shape]:
    """Return dtype text and shape from an npy header; Fortran order is refused."""
    start = file.read(8)
    version = tuple(start[6:])
    if start[:6] != b"\x93NUMPY" or version not in {(1, 0), (2, 0), (3, 0)}:
        raise Fault("is not an npy file")
    width = 2 if version == (1, 0) else 4
    length = int.from_bytes(file.read(width), "little")
    if length > HEADER_BYTES["npy"]:
        raise Fault(f"has a header of {length:,} bytes")
    entries = literal_dict(file.read(length).decode("latin-1"))
    shape = entries.get("shape")
    if set(entries) != {"descr", "fortran_order", "shape"} or type(shape) is not tuple:
        raise Fault("has an npy header that cannot be read")
    if entries["fortran_order"] is not False or type(entries["descr"]) is not str:
        raise Fault("is not a plain array in C order")
    demand_lengths(shape)
    return entries["descr"], shape


def literal_dict(text: str) -> dict[Any, Any]:
    """Return the dictionary literal in ``text``; no key may come twice."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
        pairs = list(zip(node.keys, node.values, strict=True)) if isinstance(node, ast.Dict) else []
        keys = [ast.literal_eval(key or "?") for key, _ in pairs]  # no key: a dictionary unpacked
        values = [ast.literal_eval(value) for _, value in pairs]
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Fault("has an npy header that cannot be read") from error
    if len(set(map(str, keys))) < len(keys):
        raise Fault("has an npy header with a key twice")
    return dict(zip(keys, values, strict=True))


def demand_lengths(shape: Sequence[Any]) -> None:
    """Refuse shapes that are no lengths of axes."""
    if len(shape) > MOST_AXES or any(type(n) is not int or n < 0 for n in shape):
        raise Fault("has a shape that no array has")


def demand_shape(shape: Shape, wanted: Shape | None) -> None:
    """Refuse ``shape`` unless it is ``wanted``, where -1 stands for any length."""
    if wanted is not None and (
        len(shape) != len(wanted)
        or any(want not in (-1, have) for have, want in zip(shape, wanted, strict=True))
    ):
        raise Fault(f"has the shape {tuple(shape)}, not {tuple(wanted)}")


def demand_finite(file: BinaryIO, dtype: str, elements: int) -> None:
    """Read ``elements`` numbers and refuse NaN and infinities."""
    kind = np.dtype("<u2" if dtype == "" else dtype)  # bfloat16 is the upper half of a float32
    if dtype != "" and kind.kind != "f":
        file.seek(elements * kind.itemsize, os.SEEK_CUR)
        return
    while elements:
        part = np.fromfile(file, kind, min(elements, CHUNK))
        if not len(part):
            raise Fault("ends too early")
        fine = (part & 0x7F80) != 0x7F80 if dtype == "" else np.isfinite(part)
        if not fine.all():
            raise Fault("holds NaN or infinity")
        elements -= len(part)


# ── safetensors ────────────────────────────────────────────────────────────────────────────────


def check_safetensors(file: BinaryIO, spec: Spec) -> None:
    """Refuse files whose tensors do not fill them exactly, or are not those that are expected."""
    size = sized(file, spec)
    start = file.read(8)
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
    if length > min(size - 8, HEADER_BYTES["safetensors"]):
        raise Fault("has a header that is too long")
    header = file.read(length)
    if header[:1] != b"{":
        raise Fault("is not a safetensors file")
    tensors = parsed_json(header.decode("utf-8", "replace"))
    metadata = tensors.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise Fault("has metadata that is not text")
    if len(tensors) > MOST_TENSORS:
        raise Fault(f"has {len(tensors):,} tensors of at most {MOST_TENSORS:,}")
    demand_tensors(tensors, spec)
    demand_filled(tensors, size - 8 - length)
    if spec["finite"]:
        for _, name, elements in sorted(placed(tensor) for tensor in tensors.values()):
            demand_finite(file, DTYPES[name], elements)


def demand_tensors(tensors: Tensors, spec: Spec) -> None:
    """Refuse tensors of other names, types or shapes than the lab states."""
    total = 0
    for name, tensor in tensors.items():
        if not isinstance(tensor, dict) or set(tensor) != {"dtype", "shape", "data_offsets"}:
            raise Fault(f"describes the tensor {name[:60]!r} wrongly")
        dtype = TENSOR_DTYPES.get(tensor["dtype"]) if isinstance(tensor["dtype"], str) else None
        if dtype is None or (spec["dtypes"] and dtype not in spec["dtypes"]):
            raise Fault(f"has the tensor {name[:60]!r} of type {str(tensor['dtype'])[:20]}")
        if not isinstance(tensor["shape"], list):
            raise Fault(f"describes the tensor {name[:60]!r} wrongly")
        demand_lengths(tensor["shape"])
        total += math.prod(tensor["shape"])
        if total > spec["max_elements"]:
            raise Fault(f"claims more than {spec['max_elements']:,} elements")
    wanted = spec["tensors"]
    if wanted:
        if set(wanted) != set(tensors):
            odd = min(set(wanted) ^ set(tensors))
            raise Fault(f"has other tensors than the lab states: see {odd[:60]!r}")
        for name, shape in wanted.items():
            demand_shape(tensors[name]["shape"], shape)


def demand_filled(tensors: Tensors, body: int) -> None:
    """Refuse tensors that overlap, leave holes, or are not as long as their shape says."""
    end = 0
    for tensor in sorted(tensors.values(), key=begins):
        start, stop = tensor["data_offsets"]
        _, name, elements = placed(tensor)
        width = 2 if name == "bfloat16" else np.dtype(DTYPES[name]).itemsize
        if start != end or stop - start != elements * width:
            raise Fault("has tensors that overlap, leave holes, or lie about their length")
        end = stop
    if end != body:
        raise Fault(f"holds {body:,} bytes of tensors, which is not what its header says")


def begins(tensor: Mapping[str, Any]) -> list[int]:
    """Return where a tensor begins and ends."""
    offsets = tensor["data_offsets"]
    if not isinstance(offsets, list) or len(offsets) != 2:
        raise Fault("has offsets that are no pair")
    if any(type(n) is not int or n < 0 for n in offsets):
        raise Fault("has offsets that are no lengths")
    return offsets


def placed(tensor: Mapping[str, Any]) -> tuple[int, str, int]:
    """Return where a tensor begins, its type and its number of elements."""
    return tensor["data_offsets"][0], TENSOR_DTYPES[tensor["dtype"]], math.prod(tensor["shape"])


# ── two outputs of one candidate ───────────────────────────────────────────────────────────────


def compare(question: Spec) -> None:
    """Refuse two arrays that differ where they must agree, by more than the tolerance."""
    first, second = (loaded(question[name], question["spec"]) for name in ("first", "second"))
    if first.shape != second.shape:
        raise Fault(f"has the shape {second.shape} instead of {first.shape}")
    if question.get("rows"):
        first = first[np.load(question["rows"], allow_pickle=False)]
    if question.get("keep"):
        axis, count = question["keep"]
        first, second = (np.take(part, range(count), axis) for part in (first, second))
    if first.size:
        gap = float(np.abs(first.astype(np.float64) - second.astype(np.float64)).max())
        if not gap <= question["tolerance"]:
            raise Fault("differs")


def loaded(path: str, spec: Spec) -> Array:
    """Return the array in an npy file or JSON text that has passed its check."""
    with opened(path) as file:
        if spec["format"] == "json":
            return numbers(check_json(file, spec))
        dtype, shape = check_npy(file, {**spec, "finite": True})
        file.seek(-math.prod(shape) * dtype.itemsize, os.SEEK_END)
        return np.fromfile(file, dtype).reshape(shape)


# ── one question, one fork ─────────────────────────────────────────────────────────────────────

CHECKS: dict[str, Callable[[BinaryIO, Spec], object]] = {
    "json": check_json,
    "npy": check_npy,
    "safetensors": check_safetensors,
}


def answer(question: Spec) -> str:
    """Return the fault in what ``question`` is about, empty if there is none."""
    try:
        if "first" in question:
            compare(question)
        else:
            with opened(question["path"]) as file:
                CHECKS[question["spec"]["format"]](file, question["spec"])
    except Fault as fault:
        return str(fault)
    except MemoryError:
        return "needs more memory to be read than reading may take"
    return ""


def forked(question: Spec) -> str:
    """Return the answer to ``question`` from a child that may not use much."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            limit(question["spec"]["max_bytes"])
            os.write(write, answer(question)[:400].encode("utf-8", "replace"))
            os._exit(0)
        finally:
            os._exit(1)
    os.close(write)
    text, ready = b"", select.select([read], [], [], WALL_S)[0]
    while ready and (part := os.read(read, 4096)):
        text += part
    if not ready:
        os.kill(child, signal.SIGKILL)
    os.close(read)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return text.decode() if code == 0 else "takes too long or too much memory to be read"


def limit(max_bytes: int) -> None:
    """Cap this process: memory for a few copies of the file, little time, no writing."""
    memory = SPARE_BYTES + 6 * max_bytes
    for name, value in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(name, (value, value))


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps({"fault": forked(json.loads(line))}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
