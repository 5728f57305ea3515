"""A small network fitted by gradient descent: the one file that agents may change."""

import numpy as np

WIDTH = 8
STEPS = 60
BATCH = 16
RATE = 0.01
MOMENTUM = 0.5
DECAY = 0.01
SCALE = 0.3


def start(rng, inputs):
    """Return fresh weights."""
    return [
        rng.normal(0.0, SCALE, (inputs, WIDTH)),
        np.zeros(WIDTH),
        rng.normal(0.0, SCALE, (WIDTH, 1)),
        np.zeros(1),
    ]


def hidden(weights, x):
    """Return the hidden layer's activations."""
    return np.tanh(x @ weights[0] + weights[1])


def predict(weights, x):
    """Return predictions for the rows of `x`."""
    return (hidden(weights, x) @ weights[2] + weights[3])[:, 0]


def gradient(weights, x, y):
    """Return the gradient of the mean squared error."""
    h = hidden(weights, x)
    error = ((h @ weights[2] + weights[3])[:, 0] - y)[:, None] / len(x)
    back = (error @ weights[2].T) * (1.0 - h**2)
    return [x.T @ back, back.sum(axis=0), h.T @ error, error.sum(axis=0)]


def train(x, y, rng):
    """Return weights fitted to rows `x` and targets `y`."""
    weights = start(rng, x.shape[1])
    speed = [np.zeros_like(w) for w in weights]
    for _ in range(STEPS):
        rows = rng.integers(0, len(x), BATCH)
        slopes = gradient(weights, x[rows], y[rows])
        for i, slope in enumerate(slopes):
            slope = slope + DECAY * weights[i]
            slope = np.sign(slope)
            speed[i] = MOMENTUM * speed[i] - RATE * slope
            weights[i] = weights[i] + speed[i]
    return weights
