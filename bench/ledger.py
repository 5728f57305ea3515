"""The record: how fast it grows durably, proofs and checks when it is long, and flipped bytes.

    python bench/ledger.py [ENTRIES] [FLIPS] [EXPORT KEY]

ENTRIES: length of the long record. FLIPS: single-byte flips, each in a fresh copy of an export: of
EXPORT with its KEY where given, else of one that is made here.
"""

import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from regency.ledger import Blobs, Checkpoint, LabKey, Log, VerifierKey, verify_export, verify_proof
from regency.ledger.anchors import Anchor
from regency.records import (
    Actor,
    ActorKind,
    Agent,
    Candidate,
    Outcome,
    Purpose,
    Trial,
    plain,
)
from regency.store import Store

SYSTEM = Actor(ActorKind.SYSTEM, "regency")
KEY = LabKey("regency.lab/bench", bytes(32))
START = Candidate("c0", "a" * 40, "b" * 40, "", Agent("start", "human"), "The starting point.")
RANDOM = random.Random(1)


def trial(number):
    """A finished trial as labs record them: about 600 bytes, and three tables to update."""
    outcome = Outcome("ok", cpu_s=2.0131, wall_s=2.51234, level="A", memory_bytes=48_123_904)
    made = Trial(f"search/{number}", "c0", Purpose.SEARCH, "search", 1_234_567_890 + number,
                 2.912345678 + number / 1e9, {"val_bpb": 2.9123}, outcomes=(outcome,))  # fmt: skip
    return SYSTEM, "trial", plain(made)


def growing(folder):
    print("| entries in one transaction | entries / s | entries / CPU-s |\n| --- | --- | --- |")
    log, number = Log(Store(folder / "growing.db"), KEY), 0
    log.append(SYSTEM, "candidate", plain(START))
    for size, rounds in ((1, 300), (32, 100), (256, 20), (1024, 6)):
        batches = [[trial(number + r * size + i) for i in range(size)] for r in range(rounds)]
        number += rounds * size
        wall, cpu = time.perf_counter(), time.process_time()
        for batch in batches:
            log.append_many(batch)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"| {size:,} | {rounds * size / wall:,.0f} | {rounds * size / cpu:,.0f} |")


def filled(folder, entries):
    log = Log(Store(folder / "long.db"), KEY)
    log.append(SYSTEM, "candidate", plain(START))
    for since in range(1, entries, 2048):
        log.append_many([trial(n) for n in range(since, min(entries, since + 2048))])
        if since == 1:
            kept = log.checkpoint()
    return log, kept


def timed(times, act):
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


def long_record(folder, entries):
    start = time.perf_counter()
    log, kept = filled(folder, entries)
    rows = [("written, durably, 2,048 at a time", f"{time.perf_counter() - start:,.0f} s")]
    rows.append(("its database", f"{(folder / 'long.db').stat().st_size / 1e6:,.0f} MB"))
    rows.append(("signed checkpoint", f"{1e3 * timed(200, log.checkpoint):.2f} ms"))
    rows.append(
        (
            "proof of an entry, made",
            f"{1e3 * timed(500, lambda: log.prove(RANDOM.randrange(entries))):.2f} ms",
        )
    )
    proof = log.prove(RANDOM.randrange(entries))
    rows.append(("its size, with the entry", f"{len(proof.encode()):,} bytes"))
    rows.append(
        (
            "proof of an entry, checked",
            f"{1e3 * timed(500, lambda: verify_proof(proof, KEY.verifier)):.2f} ms",
        )
    )
    old = Checkpoint.parse(kept.partition("\n\n")[0] + "\n").size
    rows.append(
        (
            "proof of an extension, made",
            f"{1e3 * timed(200, lambda: log.prove_extension(old)):.2f} ms",
        )
    )
    longer, anchor = log.prove_extension(old), Anchor("kept", kept)
    rows.append(
        (
            "proof of an extension, checked",
            f"{1e3 * timed(200, lambda: verify_proof(longer, KEY.verifier, anchor)):.2f} ms",
        )
    )
    start = time.perf_counter()
    log.export(folder / "long.jsonl")
    size = (folder / "long.jsonl").stat().st_size / 1e6
    rows.append(("exported", f"{time.perf_counter() - start:,.0f} s, {size:,.0f} MB"))
    for what, name in (("export", "long.jsonl"), ("lab", "long.db")):
        found = json.loads(subprocess.run([sys.executable, __file__, f"--{what}", folder / name],
                                          check=True, capture_output=True).stdout)  # fmt: skip
        assert (found["ok"], found["size"]) == (True, entries), found
        title = "the export verified" if what == "export" else "the lab's own record verified"
        spent = f"{found['s']:,.0f} s ({found['cpu_s']:,.0f} CPU-s)"
        rows.append((title, f"{spent}, {found['peak_mb']:,.0f} MB at the peak"))
    print(f"| a record of {entries:,} entries | |\n| --- | --- |")
    print("\n".join(f"| {what} | {value} |" for what, value in rows))


def one_check(what, path):
    start = time.perf_counter()
    if what == "--export":
        report = verify_export(Path(path), KEY.verifier.text)
    else:
        report = Log(Store(path), KEY).verify()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({
        "ok": report.ok, "size": report.size, "s": time.perf_counter() - start,
        "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024,
    }))  # fmt: skip


def made_export(folder):
    blobs = Blobs(folder / "blobs")
    log = Log(Store(":memory:"), KEY, blobs.find)
    log.append(SYSTEM, "candidate", plain(START))
    log.append_many([trial(number) for number in range(290)])
    log.append(SYSTEM, "note", blobs.pack({"text": "Zwölf Boxkämpfer 🥊 " * 4_000}))
    log.append_many([trial(number) for number in range(290, 300)])
    log.export(folder / "flips.jsonl")
    return (folder / "flips.jsonl").read_bytes(), KEY.verifier


def flips(folder, count, raw, key):
    """Flip one byte in each of ``count`` copies; how many are found, and named where they are."""
    found, in_entries, named = 0, 0, 0
    whole = folder / "whole.jsonl"
    whole.write_bytes(raw)
    assert verify_export(whole, key.text).ok, "what is not flipped has to hold"
    copy = Path("/dev/shm" if os.access("/dev/shm", os.W_OK) else folder) / f"flip-{os.getpid()}"
    for _ in range(count):
        place = RANDOM.randrange(len(raw))
        changed = bytearray(raw)
        changed[place] ^= RANDOM.randrange(1, 256)
        copy.write_bytes(changed)
        report = verify_export(copy, key.text)
        found += not report.ok
        line = raw[raw.rfind(b"\n", 0, place) + 1 : raw.find(b"\n", place)]
        if line.startswith(b'{"actor"') and raw[place : place + 1] != b"\n":
            in_entries += 1
            seq = json.loads(line)["seq"]
            named += any(re.search(rf"entry {seq}\b", p) for p in report.problems)
    copy.unlink()
    print("| single-byte flips | of an export of | found | in an entry's line | that entry named |")
    print("| --- | --- | --- | --- | --- |")
    print(f"| {count:,} | {len(raw):,} bytes | {found:,} ({found / count:.2%}) | {in_entries:,} "
          f"| {named:,} ({named / max(1, in_entries):.2%}) |")  # fmt: skip


def main():
    if sys.argv[1:2] in (["--export"], ["--lab"]):
        one_check(*sys.argv[1:3])
        return
    numbers = [int(word) for word in sys.argv[1:3]]
    entries, count = (*numbers, 1_000_000, 10_000)[:2] if len(numbers) != 1 else (*numbers, 10_000)
    with tempfile.TemporaryDirectory(prefix="regency-ledger-", dir="/var/tmp") as name:
        folder = Path(name)
        growing(folder)
        print()
        long_record(folder, entries)
        print()
        if len(sys.argv) > 4:
            export, key = Path(sys.argv[3]), Path(sys.argv[4])
            flips(folder, count, export.read_bytes(), VerifierKey.parse(key.read_text()))
        else:
            flips(folder, count, *made_export(folder))


if __name__ == "__main__":
    main()
