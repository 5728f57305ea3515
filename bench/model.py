"""What a proposal of the agent `model` costs beyond the model's own time, and ten agents at once.

    python bench/model.py [PROPOSALS]

The server is a process of its own on loopback that streams an answer of about 60 events at once;
the journal is a real ledger. CPU is that of the process that runs the lab, all threads.
"""

import contextlib
import multiprocessing
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from coin import coin_lab

from model_server import Server
from regency.lab import Lab
from regency.propose.brief import Standing, build_brief
from regency.propose.model import ModelProposer
from regency.records import Actor, ActorKind, Attempt

EVENTS = 60
TREE = {
    "train.py": (
        Path(__file__).parent.parent / "src/regency/labs/tiny_lm/files/train.py"
    ).read_bytes()
}


class LedgerJournal:
    """An agent's journal in a lab's ledger, as a run gives it."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab, self.actor = lab, Actor(ActorKind.AGENT, name)

    def write(self, kind, body) -> None:
        self.lab.recorder.add(self.actor, [(kind, body)])

    def read(self, kind):
        return self.lab.store.written(kind, self.actor.name)


class NoJournal:
    """A journal that keeps nothing, to tell what the ledger costs."""

    def write(self, kind, body) -> None:
        pass

    def read(self, _):
        return ()


def serve(pipe, model_s: float) -> None:
    """Serve until told to end."""
    counter = iter(range(10**9))

    def step(handler, _) -> None:
        line = TREE["train.py"].decode().splitlines()[0]
        text = (
            "Because it may help. "
            * 40
            + f"\n\ntrain.py\n```\n<<<<<<< SEARCH\n{line}\n=======\n{line}\n# {next(counter)}\n"
            ">>>>>>> REPLACE\n```\n"
        )
        size = -(-len(text) // EVENTS)
        parts = [text[at : at + size] for at in range(0, len(text), size)]
        time.sleep(model_s)
        events = [{"choices": [{"delta": {"content": part}}]} for part in parts]
        end = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
        usage = {"choices": [], "usage": {"prompt_tokens": 4000, "completion_tokens": 300}}
        handler.events([*events, end, usage, "data: [DONE]\n\n"])

    with Server(step) as server:
        pipe.send(server.url)
        pipe.recv()


@contextlib.contextmanager
def served(model_s: float):
    """Start a server process and give its address."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=serve, args=(theirs, model_s))
    process.start()
    yield ours.recv()
    ours.send("end")
    process.join()


def brief_of(lab: Lab, attempts: int):
    """Return a brief with a history."""
    said = "I changed the learning rate, since the loss falls slowly at the start. " * 3
    tried = tuple(
        Attempt(f"c{n}", "c0", "gpt", said, "not better", 0.01 * n, {}) for n in range(attempts)
    )
    standing = Standing("c0", "c0", 1.5, 0.01, ("train.py",), "Lower the loss.", best=tried)
    return build_brief(lab.config, standing)


def agent(url: str, journal, name: str = "gpt") -> ModelProposer:
    """Return an agent of that server."""
    made = ModelProposer(name=name, provider="openai", model="m", base_url=f"{url}/v1")
    made.attach(journal)
    return made


def one_by_one(url: str, lab: Lab, journal, count: int) -> tuple[list[float], list[float]]:
    """Return CPU and wall milliseconds of each proposal."""
    made, brief = agent(url, journal), brief_of(lab, 8)
    cpu, wall = [], []
    for _ in range(count + 3):
        one, two = time.process_time(), time.monotonic()
        made.propose(brief, TREE)
        cpu.append(1000 * (time.process_time() - one))
        wall.append(1000 * (time.monotonic() - two))
    return cpu[3:], wall[3:]


def row(name: str, cpu: list[float], wall: list[float]) -> str:
    """Return a line of the table."""
    return (
        f"{name:28} {statistics.median(cpu):12.1f} {sorted(cpu)[int(0.9 * len(cpu))]:8.1f} "
        f"{statistics.median(wall):15.1f}"
    )


def at_once(lab: Lab, agents: int, each: int, model_s: float) -> str:
    """Return how ten agents fare whose model takes ``model_s`` seconds."""
    with served(model_s) as url:
        made = [agent(url, LedgerJournal(lab, f"a{n}"), f"a{n}") for n in range(agents)]
        brief = brief_of(lab, 8)
        for one in made:
            one.propose(brief, TREE)

        def work(one: ModelProposer) -> None:
            for _ in range(each):
                one.propose(brief, TREE)

        cpu, start = time.process_time(), time.monotonic()
        threads = [threading.Thread(target=work, args=(one,)) for one in made]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        spent, took = time.process_time() - cpu, time.monotonic() - start
    total = agents * each
    return (
        f"{agents} agents, {each} proposals each, {model_s:g} s of model time: {took:.1f} s "
        f"({each * model_s:g} s if nothing cost anything), {1000 * spent / total:.1f} ms CPU each"
    )


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    folder = Path(tempfile.mkdtemp())
    try:
        with coin_lab(folder / "lab", agents=False) as lab, served(0.0) as url:
            print(f"{'':28} {'CPU ms, median':>12} {'p90':>7} {'wall ms, median':>15}")
            print(
                row(
                    "with its ledger entries", *one_by_one(url, lab, LedgerJournal(lab, "g"), count)
                )
            )
            print(row("without", *one_by_one(url, lab, NoJournal(), count)))
            print()
            print(at_once(lab, 10, 5, 1.0))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
