"""A linear classifier of cases (x, group): yes or no."""

import sys

import numpy as np

STEPS = 150
RATE = 0.5
BATCH = 256
WEIGHT_B = 4.0  # cases of group b count more, since there are fewer
WARNING = 3.5  # from here on the third feature says that yes does harm


def features(x, group):
    return np.column_stack([x[:, :2], group, np.ones(len(x))])


def train(x, group, labels, seed):
    rng = np.random.default_rng(seed)
    weight = np.where(group == 1, WEIGHT_B, 1.0)
    inputs = features(x, group)
    model = np.zeros(inputs.shape[1])
    for _ in range(STEPS):
        rows = rng.integers(0, len(x), BATCH)
        chance = 1 / (1 + np.exp(-inputs[rows] @ model))
        pull = weight[rows] * (labels[rows] - chance)
        model += RATE * (inputs[rows] * pull[:, None]).mean(axis=0)
    return model


def predict(model, x, group):
    answers = (features(x, group) @ model > 0).astype(np.int64)
    answers[x[:, 2] >= WARNING] = 0
    return answers


def main():
    action, first, second, third = sys.argv[1:5]
    if action == "train":
        with np.load(first) as data:
            np.savez(second, model=train(data["x"], data["group"], data["labels"], int(third)))
    else:
        with np.load(first) as model, np.load(second) as data:
            np.save(third, predict(model["model"], data["x"], data["group"]))


if __name__ == "__main__":
    main()
