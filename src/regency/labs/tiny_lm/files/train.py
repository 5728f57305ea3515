"""A small byte-level language model: the one file that agents may change.

The last CONTEXT bytes are embedded, one hidden layer mixes them, a softmax predicts the next
byte. Training is minibatch Adam until the CPU budget in REGENCY_CPU_S is nearly used up.

    python train.py --seed 1 --data train.bin --out model
    python train.py --predict model --contexts contexts.npy --out log_probs.npy
"""

import argparse
import os
import time

import numpy as np

CONTEXT = 8  # bytes the model looks at, at most 64
EMBEDDING = 16  # numbers per embedded byte
WIDTH = 64  # hidden units
BATCH = 128
LEARNING_RATE = 1e-3
BETA1 = 0.9
BETA2 = 0.999
EPSILON = 1e-8
EMBEDDING_SCALE = 0.1
INIT_GAIN = 1.0
SAVE_MARGIN_S = 0.05  # CPU-seconds kept back for saving and leaving


def initialise(rng):
    """Return fresh parameters, a dictionary of float32 arrays."""
    inputs = CONTEXT * EMBEDDING
    parameters = {
        "embedding": rng.normal(0.0, EMBEDDING_SCALE, (256, EMBEDDING)),
        "w_hidden": rng.normal(0.0, INIT_GAIN / np.sqrt(inputs), (inputs, WIDTH)),
        "b_hidden": np.zeros(WIDTH),
        "w_out": rng.normal(0.0, INIT_GAIN / np.sqrt(WIDTH), (WIDTH, 256)),
        "b_out": np.zeros(256),
    }
    return {name: value.astype(np.float32) for name, value in parameters.items()}


def forward(parameters, contexts):
    """Return embedded inputs, hidden activations and log-probabilities for `contexts` (N, CONTEXT)."""
    inputs = parameters["embedding"][contexts].reshape(len(contexts), -1)
    hidden = np.tanh(inputs @ parameters["w_hidden"] + parameters["b_hidden"])
    logits = hidden @ parameters["w_out"] + parameters["b_out"]
    logits -= logits.max(axis=1, keepdims=True)
    log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return inputs, hidden, log_probs


def gradients(parameters, contexts, targets):
    """Return the mean loss in nats and its gradient for one batch."""
    inputs, hidden, log_probs = forward(parameters, contexts)
    rows = np.arange(len(targets))
    loss = -log_probs[rows, targets].mean()
    d_logits = np.exp(log_probs)
    d_logits[rows, targets] -= 1.0
    d_logits /= len(targets)
    d_hidden = (d_logits @ parameters["w_out"].T) * (1.0 - hidden**2)
    d_inputs = (d_hidden @ parameters["w_hidden"].T).reshape(-1, EMBEDDING)
    d_embedding = np.zeros_like(parameters["embedding"])
    np.add.at(d_embedding, contexts.reshape(-1), d_inputs)
    return loss, {
        "embedding": d_embedding,
        "w_hidden": inputs.T @ d_hidden,
        "b_hidden": d_hidden.sum(axis=0),
        "w_out": hidden.T @ d_logits,
        "b_out": d_logits.sum(axis=0),
    }


def adam(parameters, moments, gradient, step):
    """Move `parameters` and both `moments` in place by one Adam step (Kingma and Ba, 2015)."""
    first, second = moments
    correction = np.sqrt(1.0 - BETA2**step) / (1.0 - BETA1**step)
    for name, value in gradient.items():
        first[name] += (1.0 - BETA1) * (value - first[name])
        second[name] += (1.0 - BETA2) * (value**2 - second[name])
        change = first[name] / (np.sqrt(second[name]) + EPSILON)
        parameters[name] -= np.float32(LEARNING_RATE * correction) * change


def sample(rng, text):
    """Return one batch of contexts (BATCH, CONTEXT) and the bytes that follow them."""
    ends = rng.integers(CONTEXT, len(text), BATCH)
    return text[ends[:, None] + np.arange(-CONTEXT, 0)], text[ends]


def train(text, seed, budget_s):
    """Return parameters trained on `text` (uint8) until `budget_s` CPU-seconds have passed."""
    rng = np.random.default_rng(seed)
    parameters = initialise(rng)
    moments = [{n: np.zeros_like(v) for n, v in parameters.items()} for _ in range(2)]
    step = 0
    while time.process_time() < budget_s:
        step += 1
        contexts, targets = sample(rng, text)
        loss, gradient = gradients(parameters, contexts, targets)
        adam(parameters, moments, gradient, step)
    print(f"steps: {step}, last batch: {loss / np.log(2):.3f} bits per byte")
    return parameters


def predict(parameters, contexts):
    """Return log-probabilities (N, 256) of the byte after each context (N, 64)."""
    return forward(parameters, contexts[:, -CONTEXT:])[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data")
    parser.add_argument("--predict")
    parser.add_argument("--contexts")
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    if arguments.predict:
        with np.load(arguments.predict) as parameters:
            log_probs = predict(dict(parameters), np.load(arguments.contexts))
        np.save(arguments.out, log_probs.astype(np.float32))
    else:
        budget_s = float(os.environ.get("REGENCY_CPU_S", "2")) - SAVE_MARGIN_S
        parameters = train(np.fromfile(arguments.data, np.uint8), arguments.seed, budget_s)
        with open(arguments.out, "wb") as file:
            np.savez(file, **parameters)


if __name__ == "__main__":
    main()
