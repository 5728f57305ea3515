"""A real small model behind an OpenAI-compatible server, as a smoke test of the agent `model`.

    pip download --no-deps textgenrnn==2.0.0 && tar xzf textgenrnn-2.0.0.tar.gz
    pip install h5py
    python bench/small_model.py textgenrnn-2.0.0/textgenrnn

The weights come in the package: 462,717 of them, trained on titles of Reddit posts, character by
character (https://github.com/minimaxir/textgenrnn, MIT). It writes nonsense. What this tests is an
answer that a model really samples, a character an event, and that such answers are turned away,
with what they cost on record, and the lab goes on. Nothing of the package but its weights is used.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import h5py
import numpy as np

from regency.lab import Lab
from regency.lab.lab import Plan
from toy_lab import SETTINGS, make_toy_lab

WINDOW, WIDTH = 40, 128  # characters that it sees, cells of a layer


class Model:
    """Two LSTM layers and an attention over all of the window, in numpy."""

    def __init__(self, folder: Path) -> None:
        self.places = json.loads((folder / "textgenrnn_vocab.json").read_text())
        self.letters = {place: letter for letter, place in self.places.items()}
        with h5py.File(folder / "textgenrnn_weights.hdf5") as file:
            self.embedding = file["embedding/embedding/embeddings:0"][:]
            self.layers = [_layer(file[f"rnn_{n}/rnn_{n}"]) for n in (1, 2)]
            self.attention = file["attention/attention/attention_W:0"][:]
            self.kernel = file["output/output/kernel:0"][:]
            self.bias = file["output/output/bias:0"][:]

    def text(self, length: int, temperature: float, seed: int) -> Iterator[str]:
        """Yield characters, each drawn given those before."""
        random = np.random.default_rng(seed)
        seen = [self.places["<s>"]]
        for _ in range(length):
            scores = np.log(self._next(seen[-WINDOW:]) + 1e-12) / temperature
            chances = np.exp(scores - scores.max())
            place = int(random.choice(len(chances), p=chances / chances.sum()))
            letter = self.letters.get(place, "")
            if letter == "<s>":
                letter = "\n"
            seen.append(place)
            yield letter

    def _next(self, seen: list[int]) -> np.ndarray:
        window = [0] * (WINDOW - len(seen)) + seen
        first = self.embedding[window]
        parts = [first]
        for layer in self.layers:
            parts.append(_run(parts[-1], *layer))
        joined = np.concatenate(parts, axis=1)
        weights = np.exp(joined @ self.attention)
        pooled = (joined * weights / weights.sum()).sum(axis=0)
        scores = pooled @ self.kernel + self.bias
        chances = np.exp(scores - scores.max())
        return chances / chances.sum()


def _layer(group: h5py.Group) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return input weights, recurrent weights and bias; the file has cuDNN's layout of them."""
    kernel, recurrent, bias = (group[f"{n}:0"][:] for n in ("kernel", "recurrent_kernel", "bias"))
    kernel = np.hstack([k.T.reshape(k.shape, order="F") for k in np.hsplit(kernel, 4)])
    recurrent = np.hstack([k.T for k in np.hsplit(recurrent, 4)])
    return kernel, recurrent, bias[: 4 * WIDTH] + bias[4 * WIDTH :]


def _run(
    inputs: np.ndarray, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray
) -> np.ndarray:
    state, cell, out = np.zeros(WIDTH), np.zeros(WIDTH), []
    for row in inputs @ kernel + bias:
        enter, forget, new, leave = np.split(row + state @ recurrent, 4)
        cell = _squash(forget) * cell + _squash(enter) * np.tanh(new)
        state = _squash(leave) * np.tanh(cell)
        out.append(state)
    return np.array(out)


def _squash(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


class Handler(BaseHTTPRequestHandler):
    """Chat completions, as a stream."""

    protocol_version = "HTTP/1.0"
    model: Model
    answers: list[str]

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        most = min(int(body.get("max_completion_tokens", body.get("max_tokens", 300))), 2000)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        letters = []
        for letter in self.model.text(most, 0.5, len(self.answers)):
            letters.append(letter)
            self._event({"choices": [{"index": 0, "delta": {"content": letter}}]})
        self.answers.append("".join(letters))
        usage = {"prompt_tokens": len(json.dumps(body["messages"])), "completion_tokens": most}
        end = {"index": 0, "delta": {}, "finish_reason": "stop"}
        self._event({"choices": [end], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, body: dict) -> None:
        self.wfile.write(b"data: " + json.dumps(body).encode() + b"\n\n")
        self.wfile.flush()


TABLE = """
[agents.small]
kind = "model"
provider = "openai"
base_url = "http://127.0.0.1:{port}/v1"
model = "textgenrnn"
max_output_tokens = 150
prompt_tokens = 1000
tries = 2
"""


def main() -> None:
    """Run a lab with the model as its only agent; print what it said and what became of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="folder with textgenrnn_weights.hdf5")
    wanted = parser.parse_args()
    answers: list[str] = []
    handler = type("Small", (Handler,), {"model": Model(wanted.weights), "answers": answers})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="regency-small-") as folder:
        table = TABLE.format(port=server.server_address[1])
        lab = make_toy_lab(Path(folder) / "lab", settings=SETTINGS + table)
        begun = time.monotonic()
        with Lab.open(lab) as opened:
            summary = opened.run(Plan(candidates=2, workers=1, wall_s=120))
            calls = opened.store.written("model.call")
            whole = opened.recorder.log.verify().ok
    print(f"first words: {answers[0][:200]!r}")
    for call in calls:
        print(
            f"{call['round']:<8}{call['outcome']:<10}{call['tokens_out']:>5} tokens "
            f"{call['wall_s']:>6.1f} s  {call['counted']}"
        )
    print(f"candidates {summary.judged}, log whole {whole}, {time.monotonic() - begun:.1f} s")
    print(f"run ended: {summary.reason}")


if __name__ == "__main__":
    main()
