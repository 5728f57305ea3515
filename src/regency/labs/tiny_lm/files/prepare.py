"""The trusted data maker: real text that every Python ships, split by document. Run by `init`.

    python prepare.py --private FOLDER [--leaks FILE] [--draw N] [--readable NAME]…

The text is that of the standard library. What is scored comes from modules that running code does
not need: `regency.toml` hides them from candidates. The result depends on the Python alone, its
version and how complete it is, and on FILE: a JSON list of hidden documents that `init` found
where candidates can read them, so that they may not be scored; and on N, for another split of the
same documents; and on NAMEs: hidden modules that the lab's programs need after all, which are then
for training only. Below FOLDER:

    train.bin                                    the text to train on
    search/contexts.npy   confirm/contexts.npy   uint8 (N, 64): the bytes before each scored byte
    search/targets.npy    confirm/targets.npy    uint8 (N,): the scored bytes, the answers
    hidden/SPLIT/NAME.txt                        whole documents of both splits: what the
                                                 contamination scan looks for
"""

import argparse
import ast
import hashlib
import itertools
import json
import pathlib
import random
import sys
import sysconfig
from collections import Counter

import numpy as np

HIDDEN = (  # as regency.toml; no Python has all of them, every one has enough
    "pydoc_data", "idlelib", "tkinter", "turtledemo", "turtle", "pydoc", "lib2to3", "_pydecimal",
    "_pyio", "pickletools", "optparse", "mailbox", "imaplib", "smtplib", "nntplib", "ftplib",
    "poplib", "xmlrpc", "cgi", "pstats", "trace", "socketserver", "plistlib",
    "zipapp", "webbrowser", "telnetlib", "sched", "shelve", "mailcap", "cmd", "wave",
    "smtpd", "modulefinder", "cgitb", "asynchat", "asyncore", "pyclbr", "filecmp", "fileinput",
    "xdrlib", "uu", "curses", "sqlite3", "netrc", "tabnanny",
)  # fmt: skip
READABLE = (  # for training only: programs need them
    "argparse", "typing", "inspect", "doctest", "subprocess", "tarfile",
)  # fmt: skip
CONTEXT = 64
ENDING = 16
GAP = 12  # windows of a split are this far apart at most
WINDOWS = 4000
LARGEST = 60_000  # longer documents are for training, so that no split is mostly one document
SMALLEST = 1_000
SHINGLE = 32  # bytes, blanks aside, a power of two, that two texts must share to count as copied
COPIED = 0.2  # a document with more than this share of copied text is dropped
SHARED = 0.02  # and one that is scored, with more than this share of what candidates can read
TRAIN_FLOOR = 400_000


def modules(hidden):
    """Return (name, text) of all source of both lists that this Python has, tests aside, sorted."""
    library = pathlib.Path(sysconfig.get_path("stdlib"))
    found = []
    for module in hidden + READABLE:
        single = library / f"{module}.py"
        files = [single] if single.is_file() else sorted((library / module).rglob("*"))
        for file in files:
            if file.suffix == ".py" and "test" not in file.parent.name:
                found += documents(file.relative_to(library).as_posix(), file.read_bytes())
    return sorted(found)


def documents(name, raw):
    """Return the documents in one file: its text, or each topic of Python's own help."""
    if name == "pydoc_data/topics.py":
        topics = ast.literal_eval(ast.parse(raw).body[-1].value)
        return [(f"{name}/{topic}", text.encode()) for topic, text in topics.items()]
    return [(name, raw)]


def shingles(text):
    """Return a hash of every SHINGLE bytes of `text` in a row, blanks removed."""
    hashes = np.frombuffer(b"".join(text.split()), np.uint8).astype(np.uint64)
    length, factor = 1, 0x9E3779B97F4A7C15
    while length < SHINGLE:  # from the hashes of two neighbours to that of both together
        hashes = hashes[:-length] * np.uint64(factor) + hashes[length:]
        length, factor = 2 * length, factor * factor % 2**64
    return hashes


def unreadable(found, hidden):
    """Return the documents without those of hidden modules that readable modules have in part."""
    library = pathlib.Path(sysconfig.get_path("stdlib"))
    files = [file for file in library.glob("*.py") if file.stem not in hidden]
    readable = np.unique(np.concatenate([shingles(file.read_bytes()) for file in files]))
    kept = []
    for name, text in found:
        rows = shingles(text)
        places = np.searchsorted(readable, rows) % len(readable)
        share = (readable[places] == rows).mean() if len(rows) else 1.0
        if name.split("/")[0].removesuffix(".py") not in hidden or share <= SHARED:
            kept.append((name, text))
    return kept


def distinct(found):
    """Return the documents that are long enough and mostly not copies of longer ones."""
    order = sorted(found, key=lambda document: (-len(document[1]), document[0]))
    order = [(name, text) for name, text in order if len(text) >= SMALLEST]
    hashes = [shingles(text) for _, text in order]
    owner = np.repeat(np.arange(len(order)), [len(part) for part in hashes])
    _, first, which = np.unique(np.concatenate(hashes), return_index=True, return_inverse=True)
    copied = owner[first][which] < owner
    share = np.bincount(owner, copied, len(order)) / np.maximum(np.bincount(owner, minlength=len(order)), 1)
    return [document for document, part in zip(order, share, strict=True) if part <= COPIED]


def split(found, hidden, leaks=(), draw=0):
    """Return {"search": …, "confirm": …, "train": …}: lists of documents, in an order by digest."""
    salt = str(draw) if draw else ""
    leaked = {leak.rpartition("/")[2] for leak in leaks}
    enough = WINDOWS * (CONTEXT + 1 + GAP / 2) * 1.6
    parts = {"search": [], "confirm": [], "train": []}
    for name, text in sorted(found, key=lambda d: hashlib.sha256((salt + d[0]).encode()).digest()):
        open_parts = [
            part for part in ("search", "confirm") if sum(len(t) for _, t in parts[part]) < enough
        ]
        fit = open_parts and len(text) <= LARGEST and name.startswith(hidden)
        fit = fit and file_name(name) not in leaked
        part = open_parts[0] if fit else "train"
        parts[part].append((name, text))
    return parts


def secret(cut):
    """Return the windows whose answer does not follow the same ENDING bytes in another one."""
    size = ENDING + 1
    pieces = [{text[n : n + size] for n in range(CONTEXT - ENDING + 1)} for text in cut]
    seen = Counter(itertools.chain.from_iterable(pieces))
    return [text for text in cut if seen[text[-size:]] == 1]


def windows(part, elsewhere, rng):
    """Return contexts (N, CONTEXT) and targets (N,): disjoint windows, no text in two."""
    cut = []
    for _, text in part:
        start = rng.randrange(GAP + 1)
        while start + CONTEXT + 1 <= len(text):
            cut.append(text[start : start + CONTEXT + 1])
            start += CONTEXT + 1 + rng.randrange(GAP + 1)
    hashes = [shingles(window) for window in cut]
    every = np.concatenate(hashes)
    copied = elsewhere[np.searchsorted(elsewhere, every).clip(max=len(elsewhere) - 1)] == every
    _, first, which = np.unique(every, return_index=True, return_inverse=True)
    owner = np.repeat(np.arange(len(cut)), [len(row) for row in hashes])
    dirty = set(owner[copied | (owner[first][which] < owner)].tolist())
    clean = secret([window for number, window in enumerate(cut) if number not in dirty])
    rng.shuffle(clean)
    table = np.frombuffer(b"".join(clean[:WINDOWS]), np.uint8).reshape(-1, CONTEXT + 1)
    return table[:, :-1].copy(), table[:, -1].copy()


def write(folder, parts):
    """Write all files below `folder` and return what was written, for the record."""
    folder.mkdir(parents=True, exist_ok=True)
    joined = {part: b"\n\n".join(text for _, text in parts[part]) for part in parts}
    (folder / "train.bin").write_bytes(joined["train"])
    for part, other in (("search", "confirm"), ("confirm", "search")):
        elsewhere = np.sort(np.concatenate([shingles(joined["train"]), shingles(joined[other])]))
        contexts, targets = windows(parts[part], elsewhere, random.Random(part))
        if len(targets) < WINDOWS:
            sys.exit(f"prepare.py: only {len(targets)} of {WINDOWS} windows of {part}. " + ADVICE)
        (folder / part).mkdir(exist_ok=True)
        np.save(folder / part / "contexts.npy", contexts)
        np.save(folder / part / "targets.npy", targets)
        for name, text in parts[part]:
            hidden = folder / "hidden" / part / file_name(name)
            hidden.parent.mkdir(parents=True, exist_ok=True)
            hidden.write_bytes(text)


def file_name(document):
    """Return the name of the file that holds a whole hidden document."""
    return document.replace("/", "__") + ".txt"


ADVICE = (
    "This Python's standard library is cut down: install the full one "
    "(on Debian: apt install idle-python3 python3-tk), then try again."
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--private", required=True, type=pathlib.Path)
    parser.add_argument("--leaks", type=pathlib.Path)
    parser.add_argument("--draw", type=int, default=0)
    parser.add_argument("--readable", action="append", default=[])
    arguments = parser.parse_args()
    folder = arguments.private
    leaks = json.loads(arguments.leaks.read_text()) if arguments.leaks else []
    hidden = tuple(name for name in HIDDEN if name not in arguments.readable)
    found = distinct(unreadable(modules(hidden + tuple(arguments.readable)), hidden))
    parts = split(found, hidden, leaks, arguments.draw)
    if sum(len(text) for _, text in parts["train"]) < TRAIN_FLOOR:
        sys.exit("prepare.py: too little text to train on. " + ADVICE)
    write(folder, parts)
    print(json.dumps({
        "python": sys.version.split()[0],
        "documents": {part: [name for name, _ in parts[part]] for part in parts},
        "bytes": {part: sum(len(text) for _, text in parts[part]) for part in parts},
        "sha256": {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.suffix in {".bin", ".npy"}
        },
    }))  # fmt: skip


if __name__ == "__main__":
    main()
