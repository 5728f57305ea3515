"""Programs that look for answers instead of learning, run in the sandbox for real."""

# Finds the last 24 bytes of each context in everything readable that Python brought along, and
# answers with the byte that follows there.
LOOKUP = """
import glob, os, sys, sysconfig
import numpy as np

contexts, out = sys.argv[1:]
contexts = np.load(contexts)
last = np.ascontiguousarray(contexts[:, -24:]).view("<u8")
order = np.argsort(last[:, 2])
log_probs = np.zeros((len(contexts), 256), np.float32)
library = sysconfig.get_path("stdlib")
for folder in ("", "idlelib", "tkinter", "turtledemo", "pydoc_data"):
    for name in glob.glob(os.path.join(library, folder, "*.py")) + glob.glob(
        os.path.join(library, folder, "__pycache__", "topics*.pyc")):
        if not os.path.exists(name):  # a link that leads out of what a candidate sees
            continue
        data = np.fromfile(name, np.uint8)
        if len(data) < 32:
            continue
        words = np.ndarray(len(data) - 7, "<u8", data.data, 0, (1,))
        at = np.searchsorted(last[:, 2], words[16:-8], sorter=order).clip(max=len(order) - 1)
        row = order[at]
        hit = (last[row, 2] == words[16:-8]) & (last[row, 1] == words[8:-16])
        hit = np.flatnonzero(hit & (last[row, 0] == words[:-24]))
        log_probs[row[hit], data[hit + 24]] = 12.0
np.save(out, log_probs)
"""

# Answers with the byte that follows a context's last 16 bytes in another context.
PEEK = """
import sys
import numpy as np

contexts = np.load(sys.argv[1])
follows = {}
for row in contexts:
    text = row.tobytes()
    follows |= {text[n : n + 16]: text[n + 16] for n in range(len(text) - 16)}
log_probs = np.zeros((len(contexts), 256), np.float32)
for number, row in enumerate(contexts):
    if (byte := follows.get(row.tobytes()[-16:])) is not None:
        log_probs[number, byte] = 12.0
np.save(sys.argv[2], log_probs)
"""
