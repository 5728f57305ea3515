"""Tests that must pass: run on each candidate, in the sandbox."""

import sys

import numpy as np
import train

with np.load(sys.argv[1]) as data:
    model = data["model"]
rng = np.random.default_rng(1)
x, group = rng.normal(size=(50, 3)), rng.integers(0, 2, 50)
whole = train.predict(model, x, group)
assert whole.shape == (50,), f"answers have the shape {whole.shape}"
for n in range(50):
    alone = train.predict(model, x[n : n + 1], group[n : n + 1])
    assert alone[0] == whole[n], f"case {n} is answered otherwise when asked alone"
