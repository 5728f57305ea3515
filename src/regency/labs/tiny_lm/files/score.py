"""The trusted scorer: bits per byte of a candidate's predictions. Runs outside the sandbox.

    python score.py --out FOLDER --private FOLDER --split NAME

Reads FOLDER/log_probs.npy, which untrusted code wrote, and the hidden bytes of the split. It
normalises every row itself, so that probabilities that do not sum to one gain nothing.
"""

import argparse
import json
import os
import sys

import numpy as np

HEADER_BYTES = 4096
READERS = {(1, 0): "read_array_header_1_0", (2, 0): "read_array_header_2_0"}


class Refused(Exception):
    """The predictions cannot be scored; the message says why."""


def read_log_probs(path, count):
    """Return the (count, 256) array in `path`, after its header was held against its size."""
    with open(path, "rb") as file:
        shape, fortran, dtype = read_header(file)
        if shape != (count, 256) or fortran or dtype.str not in {"<f4", "<f8"}:
            raise Refused(f"log_probs.npy is {dtype} {shape}, not float32 ({count}, 256)")
        body = os.fstat(file.fileno()).st_size - file.tell()
        if body != count * 256 * dtype.itemsize:
            raise Refused(f"log_probs.npy holds {body} bytes, which is not what its header says")
        return np.fromfile(file, dtype).reshape(shape).astype(np.float64)


def read_header(file):
    """Return shape, order and dtype of an npy file, without reading its body."""
    try:
        version = np.lib.format.read_magic(file)
        reader = getattr(np.lib.format, READERS[version])
        return reader(file, max_header_size=HEADER_BYTES)
    except (ValueError, KeyError, SyntaxError, RecursionError, MemoryError) as error:
        raise Refused("log_probs.npy is not a plain npy file") from error


def bits_per_byte(log_probs, targets):
    """Return the mean of -log2 p(target), each row normalised by its own log-sum-exp."""
    if not np.isfinite(log_probs).all():
        raise Refused("log_probs.npy holds NaN or infinity")
    # The largest is taken off first: added back to a huge one, the sum of the others would be lost.
    with np.errstate(over="ignore", under="ignore"):
        shifted = log_probs - log_probs.max(axis=1, keepdims=True)
        total = np.log(np.exp(shifted).sum(axis=1))
    bits = (total - shifted[np.arange(len(targets)), targets]) / np.log(2)
    if not np.isfinite(bits).all():
        raise Refused("log_probs.npy gives an infinite score")
    return float(bits.mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True)
    parser.add_argument("--private", required=True)
    parser.add_argument("--split", required=True)
    arguments = parser.parse_args()
    targets = np.load(os.path.join(arguments.private, arguments.split, "targets.npy"))
    try:
        log_probs = read_log_probs(os.path.join(arguments.out, "log_probs.npy"), len(targets))
        print(json.dumps({"val_bpb": bits_per_byte(log_probs, targets)}))
    except (Refused, OSError) as refusal:
        sys.exit(f"score.py: {refusal}")


if __name__ == "__main__":
    main()
