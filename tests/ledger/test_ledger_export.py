"""An export on another machine: whatever was done to it, the check says so and says where."""

import functools
import json
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regency.errors import BadInput
from regency.ledger import (
    NOT_ANCHORED,
    Anchor,
    Blobs,
    LabKey,
    Log,
    canonical,
    encode,
    sign_note,
    verify_export,
)
from regency.ledger.note import Checkpoint
from regency.records import Actor, ActorKind
from regency.store import Store

SYSTEM = Actor(ActorKind.SYSTEM, "regency")
KEY = LabKey("regency.example/lab", bytes(32))
OTHER = LabKey("regency.example/other", bytes(range(32)))
VERIFIER = KEY.verifier.text
LONG = "Zwölf Boxkämpfer 🥊 " * 5_000


def new_log(count=0, key=KEY, blobs=None):
    log = Log(Store(":memory:"), key, blobs.find if blobs else lambda _: None)
    log.append_many([(SYSTEM, "note", {"number": number}) for number in range(count)])
    return log


@functools.cache
def made():
    """The lines of an export of 600 entries, of which 300 names a content; its head at 40."""
    with tempfile.TemporaryDirectory() as folder:
        blobs = Blobs(Path(folder))
        log = new_log(40, blobs=blobs)
        kept = log.checkpoint()
        log.append_many([(SYSTEM, "note", {"number": number}) for number in range(40, 300)])
        log.append(SYSTEM, "note", blobs.pack({"text": LONG}))
        log.append_many([(SYSTEM, "note", {"näme": [number, 0.5]}) for number in range(301, 600)])
        log.export(Path(folder) / "log.jsonl")
        lines = (Path(folder) / "log.jsonl").read_bytes().splitlines(keepends=True)
        return tuple(lines), kept


def exported():
    return made()[0]


def checked(lines, *anchors, key=VERIFIER):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        path.write_bytes(b"".join(lines))
        return verify_export(path, key, anchors)


def line_of(seq):
    """The place of an entry's line: after the header, lists of hashes, and one content."""
    return next(i for i, line in enumerate(exported()) if b'"seq":%d,' % seq in line)


@pytest.mark.parametrize("count", [0, 1, 7, 255, 256, 257, 513])
def test_an_export_verifies_offline(tmp_path, count):
    log = new_log(count)
    assert log.export(tmp_path / "log.jsonl") == count
    report = verify_export(tmp_path / "log.jsonl", VERIFIER)
    assert (report.ok, report.problems, report.size) == (True, (), count)
    assert (report.root, report.origin) == (log.root.hex(), "regency.example/lab")
    assert report.notes == (NOT_ANCHORED,)
    assert NOT_ANCHORED == "not anchored: the key holder could have rewritten this"
    own = verify_export(tmp_path / "log.jsonl")
    assert own.ok
    assert len(own.notes) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["log.jsonl"]


def test_contents_travel_with_the_entries_that_name_them():
    report = checked(exported())
    assert (report.ok, report.checked["contents"], report.checked["entries"]) == (True, 1, 600)
    without = [line for line in exported() if not line.startswith(b'{"content":')]
    (problem,) = checked(without).problems
    assert "named by entry 300, is missing" in problem


@settings(max_examples=60, deadline=None)
@given(st.integers(0), st.integers(1, 255))
def test_every_flipped_byte_is_found(place, mask):
    raw = bytearray(b"".join(exported()))
    raw[place % len(raw)] ^= mask
    report = checked([bytes(raw)])
    assert not report.ok
    assert report.problems


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 599), st.integers(0), st.integers(1, 255))
def test_a_flip_in_an_entry_names_that_entry(seq, place, mask):
    lines = list(exported())
    at = line_of(seq)
    line = bytearray(lines[at])
    line[place % (len(line) - 1)] ^= mask
    lines[at] = bytes(line)
    problems = checked(lines).problems
    assert any(f"entry {seq} " in problem for problem in problems), problems


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 599))
def test_a_dropped_entry_is_named(seq):
    lines = list(exported())
    del lines[line_of(seq)]
    problems = checked(lines).problems
    assert f"entry {seq} is missing, or not as written." in problems
    assert len(problems) <= 2


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 599), st.integers(0, 599))
def test_a_replayed_entry_is_named(seq, after):
    lines = list(exported())
    lines.insert(line_of(after) + 1, lines[line_of(seq)])
    problems = checked(lines).problems
    assert any(re.search(rf"entry {seq}\b", problem) for problem in problems), problems
    assert len(problems) <= 3


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 599), st.integers(0, 599))
def test_reordered_entries_are_named(one, two):
    lines = list(exported())
    if one == two:
        return
    one, two = sorted((one, two))
    first, second = line_of(one), line_of(two)
    lines[first], lines[second] = lines[second], lines[first]
    problems = checked(lines).problems
    named = [re.search(rf"entry ({one}|{two})\b", problem) for problem in problems]
    assert any(named), problems


def test_a_changed_list_of_hashes_is_told_from_a_changed_entry():
    lines = list(exported())
    place = next(i for i, line in enumerate(lines) if line.startswith(b'{"hashes":'))
    tree = json.loads(lines[place])
    tree["hashes"] = ("B" if tree["hashes"][0] != "B" else "C") + tree["hashes"][1:]
    lines[place] = canonical(tree) + b"\n"
    assert checked(lines).problems == (
        "the hash listed for entry 0 was changed; the entry is as it was signed.",
    )


def test_a_rewritten_entry_with_its_hash_is_caught_by_the_checkpoint():
    lines = list(exported())
    forged = new_log(600)
    with tempfile.TemporaryDirectory() as folder:
        forged.export(Path(folder) / "x")
        other = (Path(folder) / "x").read_bytes().splitlines(keepends=True)
    lines = [*other[:-1], lines[-1]]
    (problem,) = checked(lines).problems
    assert "it cannot be said which" in problem


def test_dropped_pages_and_cut_ends():
    lines = list(exported())
    no_hashes = [line for line in lines if not line.startswith(b'{"hashes":')]
    assert any("list of hashes" in problem for problem in checked(no_hashes).problems)
    assert "cut short" in " ".join(checked(lines[:-1]).problems)
    assert "cut short" in " ".join(checked([*lines[:-1], lines[-1][:-1]]).problems)
    cut = checked([*lines[:40], lines[-1]])
    assert any("counts 600 entries, but 39 are here" in problem for problem in cut.problems)
    assert any("after the checkpoint" in p for p in checked([*lines, lines[2]]).problems)
    gap = checked([*lines[:5], *lines[line_of(598) :]])
    assert any("entries 4 to 597 are missing" in problem for problem in gap.problems)
    lone = checked([*lines[:5], lines[line_of(599)], *lines[5:]])
    assert lone.problems[0] == "line 6: entry 599 is out of its place."


def test_a_gap_too_wide_to_fill():
    log = new_log(3_000)
    with tempfile.TemporaryDirectory() as folder:
        log.export(Path(folder) / "x")
        lines = (Path(folder) / "x").read_bytes().splitlines(keepends=True)
    problems = checked([*lines[:10], *lines[2_000:]]).problems
    assert any("are missing; what follows was not looked at" in problem for problem in problems)


@pytest.mark.parametrize("header", [b"", b"{}\n", b'{"format":"regency-ledger/9"}\n', b"\xff\n"])
def test_a_header_that_is_none(header):
    report = checked([header, *exported()[1:]], key=None)
    assert "line 1 is not the header" in report.problems[0]
    assert any("line 1, the header" in p for p in checked([header, *exported()[1:]]).problems)


def test_another_labs_export_or_anchor():
    report = checked(exported(), key=OTHER.verifier.text)
    assert (
        "the export is of the log 'regency.example/lab', not 'regency.example/other'"
        in (report.problems[0])
    )
    foreign = Anchor("kept.txt", new_log(5, OTHER).checkpoint())
    (problem,) = checked(exported(), foreign).problems
    assert problem.startswith("kept.txt is no anchor for this record: the note is not signed by")
    same_key = sign_note(Checkpoint("regency.example/third", 3, bytes(32)).text, KEY)
    (problem,) = checked(exported(), Anchor("kept.txt", same_key)).problems
    assert problem == "kept.txt is of the log 'regency.example/third', not 'regency.example/lab'."
    (problem,) = checked(exported(), Anchor("kept.txt", "nothing")).problems
    assert "kept.txt is no anchor" in problem


def test_anchors_that_hold_and_that_do_not():
    _, kept = made()
    report = checked(exported(), kept)
    assert (report.ok, report.notes, report.anchored) == (True, (), 40)
    tag = f"Generation 1\n\nLedger checkpoint\n\n{kept}-----BEGIN SSH SIGNATURE-----\nx\n"
    assert checked(exported(), tag).anchored == 40
    own = checked(exported(), Anchor("own tag", kept, own=True))
    assert (own.ok, own.notes, own.anchored) == (True, (NOT_ANCHORED,), 0)
    longer = new_log(700).checkpoint()
    (problem,) = checked(exported(), Anchor("kept.txt", longer)).problems
    assert problem == "kept.txt counts 700 entries, but only 600 are here: the end is missing."
    rewritten = new_log()
    rewritten.append_many([(SYSTEM, "note", {"forged": number}) for number in range(40)])
    (problem,) = checked(exported(), Anchor("kept.txt", rewritten.checkpoint())).problems
    assert "at 40 entries has another root: one of the entries 0 to 39" in problem


def test_the_first_format_is_still_read():
    lines = exported()
    head = {"format": "regency-ledger/1", "origin": KEY.name, "verifier_key": VERIFIER}
    entries = [line for line in lines if line.startswith(b'{"actor":')]
    old = [canonical(head) + b"\n", *entries, lines[-1]]
    report = checked(old)
    assert (report.ok, report.size) == (True, 600)
    assert "contents kept by digest are not in this export" in report.notes[1]
    old[7] = old[7].replace(b'"number":6', b'"number":7')
    assert not checked(old).ok


def test_a_log_whose_first_entry_founds_another_lab(tmp_path):
    for name, good in (("regency.example/lab", True), ("elsewhere", False)):
        log = new_log()
        log.append(SYSTEM, "lab.created", {"name": name, "public_key": VERIFIER})
        log.export(tmp_path / name.rpartition("/")[2])
        report = verify_export(tmp_path / name.rpartition("/")[2], VERIFIER)
        assert report.ok is good
        assert good or "entry 0 (lab.created): it founds another lab" in report.problems[0]


def test_a_number_that_is_not_its_place(tmp_path):
    log, path = new_log(3), tmp_path / "x"
    log.export(path)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = encode(next(iter(log.entries(2)))) + b"\n"
    assert any("entry 1 is missing" in problem for problem in checked(lines).problems)


def test_files_that_cannot_be_used(tmp_path):
    with pytest.raises(BadInput):
        verify_export(tmp_path / "none")
    with pytest.raises(BadInput):
        new_log(1).export(tmp_path / "none" / "log.jsonl")
    new_log(1).export(tmp_path / "log.jsonl")
    with pytest.raises(BadInput):
        verify_export(tmp_path / "log.jsonl", "not a key")


def test_a_place_is_a_number_and_nothing_that_equals_one():
    lines = [line.replace(b'"since":0}', b'"since":false}') for line in exported()]
    assert lines != list(exported())
    problems = checked(lines).problems
    assert any("is not the list of hashes from entry 0 on" in problem for problem in problems)


def test_contents_that_are_no_text_have_one_form_too(tmp_path):
    blobs = Blobs(tmp_path / "blobs")
    digest = blobs.put(b"\xff\xfe\xfd\xfc")
    log = new_log(blobs=blobs)
    log.append(SYSTEM, "note", {"attestation_digest": digest})
    log.export(tmp_path / "x")
    raw = (tmp_path / "x").read_bytes()
    assert verify_export(tmp_path / "x", VERIFIER).ok
    assert raw.count(b"//79/A==") == 1
    (problem,) = checked([raw.replace(b"//79/A==", b"//79/B==")]).problems
    assert "is not what its digest says" in problem
