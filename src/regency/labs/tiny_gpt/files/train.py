"""A small byte-level GPT: the one file that agents may change.

A decoder-only transformer (Vaswani et al., 2017; pre-norm as in GPT-2) predicts each byte from up to
64 bytes before it. Training is AdamW until the budget of the launcher is nearly used up.

    python train.py --seed 1 --data train.bin --out model
    python train.py --predict model --contexts contexts.npy --out log_probs.npy
"""

import argparse
import os
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

STARTED = time.monotonic()
CONTEXT = 64  # bytes the model looks at, at most 64
LAYERS = 2
HEADS = 4
WIDTH = 64
EXPANSION = 4  # width of a block's hidden layer, in widths
BATCH = 32
LEARNING_RATE = 1e-3
BETA1 = 0.9
BETA2 = 0.999
WEIGHT_DECAY = 0.01
INIT_SD = 0.02
PREDICT_BATCH = 500
SAVE_MARGIN_S = 0.2  # seconds kept back for saving and leaving


class Block(nn.Module):
    """Attention over earlier bytes, then a hidden layer; each added to what came in."""

    def __init__(self):
        super().__init__()
        self.norm_attention = nn.LayerNorm(WIDTH)
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH)
        self.mix = nn.Linear(WIDTH, WIDTH)
        self.norm_hidden = nn.LayerNorm(WIDTH)
        self.widen = nn.Linear(WIDTH, EXPANSION * WIDTH)
        self.narrow = nn.Linear(EXPANSION * WIDTH, WIDTH)

    def forward(self, x):
        rows, length, _ = x.shape
        parts = self.query_key_value(self.norm_attention(x)).split(WIDTH, dim=2)
        heads = [p.view(rows, length, HEADS, WIDTH // HEADS).transpose(1, 2) for p in parts]
        seen = functional.scaled_dot_product_attention(*heads, is_causal=True)
        x = x + self.mix(seen.transpose(1, 2).reshape(rows, length, WIDTH))
        return x + self.narrow(functional.gelu(self.widen(self.norm_hidden(x))))


class Model(nn.Module):
    """Bytes in, logits of the next byte out, at every position or at the last alone."""

    def __init__(self):
        super().__init__()
        self.embed_byte = nn.Embedding(256, WIDTH)
        self.embed_place = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, 256)
        self.apply(initialise)

    def forward(self, text, *, last=False):
        x = self.embed_byte(text) + self.embed_place.weight[: text.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, -1] if last else x))


def initialise(module):
    """Give weights small normal values and biases zero."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, 0.0, INIT_SD)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)


def left_s():
    """Return how many seconds of the budget are left: of the CPU, or of the clock with a GPU."""
    if "REGENCY_CPU_S" in os.environ or not torch.cuda.is_available():
        return float(os.environ.get("REGENCY_CPU_S", "10")) - time.process_time()
    used = time.monotonic() - STARTED
    return float(os.environ.get("REGENCY_WALL_S", "60")) * 0.9 - used  # the rest is for starting


def sample(text):
    """Return one batch of bytes (BATCH, CONTEXT) and the bytes that follow each of them."""
    starts = torch.randint(len(text) - CONTEXT, (BATCH, 1), device=text.device)
    rows = text[starts + torch.arange(CONTEXT + 1, device=text.device)]
    return rows[:, :-1], rows[:, 1:]


def train(text, device):
    """Return a model trained on `text` (int64) until the budget is nearly used up."""
    model = Model().to(device)
    optimizer = torch.optim.AdamW(
        model.parameters(), LEARNING_RATE, (BETA1, BETA2), weight_decay=WEIGHT_DECAY
    )
    step, loss = 0, torch.zeros(())
    while left_s() > SAVE_MARGIN_S:
        inputs, targets = sample(text)
        loss = functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
    print(f"steps: {step}, last batch: {loss.item() / np.log(2):.3f} bits per byte")
    return model


@torch.no_grad()
def predict(model, contexts):
    """Return log-probabilities (N, 256) of the byte after each context (N, 64)."""
    rows = contexts[:, -CONTEXT:].split(PREDICT_BATCH)
    return torch.cat([model(part, last=True).log_softmax(1) for part in rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data")
    parser.add_argument("--predict")
    parser.add_argument("--contexts")
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if arguments.predict:
        model = Model().to(device)
        model.load_state_dict(torch.load(arguments.predict, device, weights_only=True))
        contexts = torch.from_numpy(np.load(arguments.contexts)).long().to(device)
        np.save(arguments.out, predict(model, contexts).float().cpu().numpy())
    else:
        text = torch.from_numpy(np.fromfile(arguments.data, np.uint8)).long().to(device)
        torch.save(train(text, device).state_dict(), arguments.out)


if __name__ == "__main__":
    main()
