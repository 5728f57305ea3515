"""Run once as the first child of a warm process: shows that children are fit, or says why not.

Prints ``fit`` if it has one thread, can compute, and is confined; else one line with the reason.
"""

import os
import socket
import sys
from pathlib import Path


def main() -> str:
    """Return what is wrong, or nothing."""
    return _threads() or _confinement() or _surroundings() or _network() or _computing()


def _threads() -> str:
    count = len(list(Path("/proc/self/task").iterdir()))
    return f"a child has {count} threads" if count != 1 else ""


def _confinement() -> str:
    lines = Path("/proc/self/status").read_text().splitlines()
    status = dict(line.split(":", 1) for line in lines)
    for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"):
        if int(status[name], 16):
            return f"a child has kept capabilities ({name})"
    if status["NoNewPrivs"].strip() != "1" or status["Seccomp"].strip() != "2":
        return "a child has no filter on its kernel calls"
    return ""


def _surroundings() -> str:
    processes = {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}
    if processes != {1, os.getpid()}:
        return f"a child sees other processes ({len(processes) - 2})"
    if len(list(Path("/proc/self/fd").iterdir())) > 4:  # the listing has one of its own
        return "a child has inherited open files"
    for place in ("/", "/lab", "/usr"):
        if os.access(place, os.W_OK):
            return f"a child can write to {place}"
    return ""


def _network() -> str:
    if "network" in sys.argv[1:]:
        return ""
    try:
        socket.socket()
    except OSError:
        return ""
    return "a child can use the network"


def _computing() -> str:
    """Do what hangs after a fork if a library had computed, or started threads, before it."""
    if (numpy := sys.modules.get("numpy")) is not None:
        one = numpy.ones((200, 200))
        if float((one @ one)[0, 0]) != 200.0:
            return "a child computes wrongly with numpy"
    torch = sys.modules.get("torch")
    if torch is None:
        return ""
    if torch.cuda.is_initialized():
        return "the preloaded modules use a GPU, which no fork can"
    x = torch.ones(200, 200, requires_grad=True)
    (x @ x).sum().backward()
    return "" if float(x.grad[0, 0]) == 400.0 else "a child computes wrongly with torch"


sys.stdout.write(f"{main() or 'fit'}\n")
