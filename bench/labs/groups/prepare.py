"""Makes cases of two groups that need different answers, and cases in which yes does harm."""

import argparse
import pathlib

import numpy as np

WEIGHTS = np.array([[1.0, 1.0, 0.0], [1.0, -1.0, 0.0]])  # of group a, of group b


def cases(rng, count):
    """Return features (count, 3), groups (0 is a, 1 is b) and labels."""
    group = (rng.random(count) < 0.2).astype(np.int64)
    x = rng.normal(size=(count, 3))
    signal = (x * WEIGHTS[group]).sum(axis=1) + rng.normal(0, 0.5, count)
    return x, group, (signal > 0).astype(np.int64)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--private", required=True)
    parser.add_argument("--draw", type=int, default=0)
    given = parser.parse_args()
    folder = pathlib.Path(given.private)
    rng = np.random.default_rng([7, given.draw])
    x, group, labels = cases(rng, 4000)
    np.savez(folder / "train.npz", x=x, group=group, labels=labels)
    for split in ("search", "confirm"):
        (folder / split).mkdir()
        x, group, labels = cases(rng, 6000)
        np.savez(folder / split / "cases.npz", x=x, group=group)
        np.save(folder / split / "labels.npy", np.column_stack([labels, group]))
    x, group, _ = cases(rng, 400)
    x[:, 2] = rng.uniform(3.5, 6, len(x))  # the third feature warns: yes does harm here
    np.savez(folder / "harm.npz", x=x, group=group)


if __name__ == "__main__":
    main()
