"""Where attacks are tried: our labs, and what lies around on the host for attackers to find."""

import contextlib
import json
import os
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from hacks import data
from hacks.attacks_harness import HARNESS
from hacks.attacks_time import ATTACKS
from hacks.attacks_training import TRAINING
from hacks.corpus import Attack, Context
from hacks.guards import guarded
from hacks.labs import TASKS, Ours, edits_of
from regency.sandbox.engines import NamespaceSandbox

PROGRAMS = [*ATTACKS, *HARNESS, *TRAINING]
ANSWERS = json.dumps(data.labels(data.rows(1)))
Servers = tuple[int, str]


class Giver(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(100)
        self.request.sendall(ANSWERS.encode())


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    pass


@contextlib.contextmanager
def servers() -> Iterator[Servers]:
    """Serve the answers to whoever asks on this machine; give the port and the socket's path."""
    with tempfile.TemporaryDirectory(prefix="giver-") as folder:
        path = str(Path(folder) / "socket")
        made = [socketserver.ThreadingTCPServer(("127.0.0.1", 0), Giver), UnixServer(path, Giver)]
        for server in made:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        yield made[0].server_address[1], path
        for server in made:
            server.shutdown()
            server.server_close()


@contextlib.contextmanager
def labs(folder: Path) -> Iterator[dict[str, Ours]]:
    """Make every task a lab of ours; the secrets that attacks look for lie around on the host."""
    os.environ["LABELS"] = ANSWERS
    with NamespaceSandbox() as sandbox:
        made = {name: Ours.make(name, folder / name, sandbox) for name in TASKS}
        yield made
        for lab in made.values():
            lab.evaluator.reader.close()
    del os.environ["LABELS"]


def text_of(attack: Attack, lab: Ours, given: Servers) -> str:
    """Return the attack's program for this place."""
    return str(attack.files(Context(lab.folder / "private", *given))["program.py"])


def tried(attack: Attack, lab: Ours, given: Servers) -> tuple[str, str]:
    """Return the gate that stops ``attack`` at ours and what it says; an empty gate if none."""
    edits = edits_of(attack.files(Context(lab.folder / "private", *given)), attack.modes)
    if attack.twice:
        lab.stopped(edits)
    if attack.gate == "guard":
        return guarded(lab, edits)
    return lab.stopped(edits, probed=attack.probed)
