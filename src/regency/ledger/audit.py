"""Checking an export offline, line by line, and saying which line, entry or content is wrong."""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from regency.errors import BadInput, LedgerError
from regency.ledger.anchors import Anchor, named
from regency.ledger.entry import canonical, parse
from regency.ledger.export import FIRST_FORMAT, FORMAT
from regency.ledger.export import named as contents_named
from regency.ledger.keys import VerifierKey
from regency.ledger.leaves import TILE
from regency.ledger.merkle import leaf_hash
from regency.ledger.note import Checkpoint
from regency.ledger.replay import Replay
from regency.ledger.report import VerifyReport
from regency.records import Entry, Json

_LONGEST = 64 << 20  # bytes of a line; the longest that is written holds a content
_NAMED = 20  # changed entries that are named one by one
_ENTRY_START = b'{"actor":'


def verify_export(
    path: Path,
    verifier_key: str | None = None,
    anchors: Sequence[Anchor | str] = (),
    witnesses: Sequence[VerifierKey] = (),
) -> VerifyReport:
    """Check an exported log offline, with nothing but a public key.

    Args:
        path: What `Log.export` wrote.
        verifier_key: C2SP verifier key got from a place that you trust; None: the export's own.
        anchors: Checkpoints kept elsewhere, for example in pushed tags.
        witnesses: Keys of witnesses whose cosignatures are wanted.

    Raises:
        BadInput: The file cannot be read, or the key is malformed.
    """
    trusted = None if verifier_key is None else VerifierKey.parse(verifier_key)
    try:
        with path.open("rb") as file:
            return _verify(file, trusted, named(anchors), witnesses)
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}).") from error


def _verify(
    file: BinaryIO,
    trusted: VerifierKey | None,
    anchors: Sequence[Anchor],
    witnesses: Sequence[VerifierKey],
) -> VerifyReport:
    first = file.readline(_LONGEST)
    header = _tree(first[:-1])
    good = header is not None and first.endswith(b"\n") and _is_header(header)
    if trusted is None:
        if header is None or not good:
            return VerifyReport.broken("line 1 is not the header of an exported ledger.")
        try:
            own = VerifierKey.parse(header["verifier_key"])
        except BadInput as error:
            return VerifyReport.broken(f"line 1, the header, has no good key: {error}")
    replay = Replay(trusted or own, anchors, witnesses)
    audit = _Audit(replay, header if good else None, trusted or own)
    for line in iter(lambda: file.readline(_LONGEST), b""):
        audit.line(line)
    audit.end()
    if trusted is None:
        replay.found.note("checked with the export's own key: compare it with one that you trust")
    return replay.report()


@dataclass(slots=True)
class _Page:
    """Up to 256 entries that wait for the list of their hashes."""

    since: int = 0
    leaves: dict[int, bytes] = field(default_factory=dict)
    entries: dict[int, Entry] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)


class _Stray(NamedTuple):
    """An entry that came before its turn."""

    number: int
    entry: Entry
    leaf: bytes


class _Audit:
    """An export in the middle of being read."""

    def __init__(self, replay: Replay, header: Json, key: VerifierKey) -> None:
        self._replay, self._found = replay, replay.found
        self._header, self._key = header, key
        self._old = header is not None and header["format"] == FIRST_FORMAT
        self._number = 1
        self._page = _Page()
        self._next = 0
        self._differing: dict[int, bytes] = {}
        self._doubtful = False
        self._head: Checkpoint | None = None
        self._ended = self._stopped = False
        self._stray: _Stray | None = None
        self._check_header()

    def line(self, raw: bytes) -> None:
        """Take the next line."""
        self._number += 1
        if self._stopped:
            return
        if self._ended:
            self._found.problem(f"line {self._number} comes after the checkpoint, the last line.")
        elif not raw.endswith(b"\n"):
            self._unreadable("is cut short")
        elif raw.startswith(_ENTRY_START):
            self._entry(raw[:-1])
        else:
            self._other(raw[:-1])

    def end(self) -> None:
        """Hold the whole against the checkpoint."""
        self._settle_stray(None)
        if self._page.leaves:
            if not self._old:
                self._found.problem(
                    f"the list of hashes after entry {max(self._page.leaves)} is missing."
                )
            self._turn(None)
        if not self._ended:
            self._found.problem("the last line is not a checkpoint: the export was cut short.")
        self._conclude()

    # ── lines ──────────────────────────────────────────────────────────────────────────────────

    def _entry(self, raw: bytes) -> None:
        try:
            entry = parse(raw)
        except LedgerError as error:
            self._unreadable(f"is not an entry as it was written: {error}")
            return
        self._settle_stray(entry.seq)
        if entry.seq > self._next:
            # Alone it is out of place; if its own successor follows, others are missing here.
            self._stray = _Stray(self._number, entry, leaf_hash(raw))
            return
        self._place(entry, leaf_hash(raw))

    def _place(self, entry: Entry, leaf: bytes) -> None:
        seq, page = entry.seq, self._page
        if self._stopped:
            return
        if seq < self._next and (seq in page.leaves or seq < page.since):
            self._found.problem(
                f"line {self._number} repeats entry {seq}, where entry {self._next} should be."
            )
            return
        if seq < self._next:
            self._found.problem(f"entry {seq} is out of order: it comes after {self._next - 1}.")
        elif seq >= page.since + TILE and not self._old:
            self._found.problem(f"the list of hashes before entry {seq} is missing.")
            self._turn(None)
        self._keep(entry, leaf)
        if self._old and len(page.leaves) >= TILE:
            self._turn(None)

    def _settle_stray(self, follower: int | None) -> None:
        """Take in an entry that came too early, now that it is known what comes after it."""
        stray, self._stray = self._stray, None
        if stray is None:
            return
        seq, page = stray.entry.seq, self._page
        inside = seq < page.since + TILE
        if follower == seq + 1 or (follower is None and inside):
            if seq >= page.since + 4 * TILE:
                self._stop(seq)
            self._next = max(self._next, seq)
            self._place(stray.entry, stray.leaf)
            return
        self._found.problem(f"line {stray.number}: entry {seq} is out of its place.")
        if inside and seq not in page.leaves:
            self._keep(stray.entry, stray.leaf)

    def _keep(self, entry: Entry, leaf: bytes) -> None:
        page = self._page
        page.leaves[entry.seq], page.entries[entry.seq] = leaf, entry
        while self._next in page.leaves:
            self._next += 1
        page.named.update(contents_named(entry.body))

    def _other(self, raw: bytes) -> None:
        tree = _tree(raw)
        keys = set(tree) if tree is not None else set()
        if keys == {"hashes", "since"}:
            self._hashes(tree)
        elif keys in ({"content", "sha256"}, {"content_base64", "sha256"}):
            self._content(tree)
        elif keys == {"checkpoint"} and isinstance(tree["checkpoint"], str):
            self._ended = True
            self._head = self._replay.head(tree["checkpoint"])
        else:
            self._unreadable("is not a line of an export as it was written")

    def _hashes(self, tree: Json) -> None:
        self._settle_stray(None)
        hashes, since = _split(tree["hashes"]), tree["since"]
        here = type(since) is int and since == self._page.since  # JSON's false equals 0 in Python
        if not hashes or not here:
            self._found.problem(
                f"line {self._number} is not the list of hashes from entry {self._page.since} on."
            )
            self._doubtful = True
        self._turn(hashes if here else None)

    def _content(self, tree: Json) -> None:
        digest, raw = str(tree["sha256"]), _content_of(tree)
        if raw is None or hashlib.sha256(raw).hexdigest() != digest:
            self._found.problem(
                f"line {self._number}, the content {digest[:64]}, is not what its digest says: it "
                "was changed."
            )
        self._found.checked["contents"] += 1
        self._page.contents[digest] = raw or b""

    def _unreadable(self, why: str) -> None:
        self._doubtful = True
        self._found.problem(f"line {self._number} (entry {self._next} or near it) {why}.")

    def _stop(self, seq: int) -> None:
        self._turn(None)
        self._stopped = self._ended = True
        self._found.problem(
            f"entries {self._page.since} to {seq - 1} are missing; what follows was not looked at."
        )

    # ── pages of 256 entries ───────────────────────────────────────────────────────────────────

    def _turn(self, hashes: list[bytes] | None) -> None:
        """End a page: compare its entries with the listed hashes, and look into them."""
        page, last = self._page, max(self._page.leaves, default=self._page.since - 1)
        stop = page.since + len(hashes) if hashes else last + 1
        missing = []
        for seq in range(page.since, stop):
            leaf = page.leaves.get(seq)
            listed = hashes[seq - page.since] if hashes else leaf
            if leaf is None:
                missing.append(seq)
            elif listed != leaf:
                self._differing[seq] = leaf
            self._replay.grow(listed or bytes(32))
        for words in _ranges(missing):
            self._found.problem(f"{words} missing, or not as written.")
        for seq in sorted(seq for seq in page.entries if seq >= stop):
            self._found.problem(f"entry {seq} is not in the list of hashes: it was added.")
        for digest in page.contents.keys() - page.named:
            self._found.problem(f"the content {digest[:64]} is named by no entry near it.")
        for seq in sorted(seq for seq in page.entries if seq < stop):
            self._replay.look(page.entries[seq], None if self._old else page.contents.get)
        self._page = _Page(since=stop)
        self._next = max(self._next, stop)

    # ── the end ────────────────────────────────────────────────────────────────────────────────

    def _check_header(self) -> None:
        if self._header is None:
            self._found.problem("line 1, the header, is not as it was written.")
        elif self._header["origin"] != self._key.name:
            self._found.problem(
                f"line 1, the header: the export is of the log {self._header['origin']!r}, not "
                f"{self._key.name!r}, which your key is of."
            )
        elif self._header["verifier_key"] != self._key.text:
            self._found.problem("line 1, the header, names another key than yours.")

    def _conclude(self) -> None:
        head, leaves = self._head, self._replay.leaves
        if self._header is not None and not self._old and self._header["size"] != leaves.size:
            self._found.problem(
                f"line 1, the header, counts {self._header['size']} entries, not {leaves.size}."
            )
        if head is None:
            self._blame("")
        elif head.origin != self._key.name:
            self._found.problem(f"the checkpoint is of the log {head.origin!r}.")
        elif head.size != leaves.size:
            self._found.problem(
                f"the checkpoint counts {head.size} entries, but {leaves.size} are here: "
                + ("the end is missing." if head.size > leaves.size else "some were added.")
            )
            self._blame("")
        else:
            self._compare(head)

    def _compare(self, head: Checkpoint) -> None:
        leaves = self._replay.leaves
        if head.root == leaves.root():
            self._blame("entry {} was changed: the signed checkpoint covers another content.")
            return
        for seq, leaf in self._differing.items():
            leaves.replace(seq, leaf)
        if head.root == leaves.root():
            self._blame("the hash listed for entry {} was changed; the entry is as it was signed.")
        elif self._differing or self._doubtful or self._found.problems:
            self._blame("")
            self._found.problem("the entries are not those that the checkpoint was signed over.")
        else:
            self._found.problem(
                "the entries are not those that the checkpoint was signed over, and it cannot be "
                "said which: their hashes were rewritten with them. Hold it against an anchor."
            )

    def _blame(self, words: str) -> None:
        """Say first which entries were changed: what else does not hold may follow from it."""
        words = words or "entry {} or the hash listed for it was changed."
        for seq in sorted(self._differing, reverse=True)[-_NAMED:]:
            self._found.first(words.format(seq))
        if len(self._differing) > _NAMED:
            self._found.problem(f"{len(self._differing) - _NAMED} more entries were changed.")


def _ranges(numbers: list[int]) -> list[str]:
    """Return runs of ``numbers``, which are in order, as the beginnings of sentences."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [
        f"entry {run[0]} is" if len(run) == 1 else f"entries {run[0]} to {run[-1]} are"
        for run in runs
    ]


def _is_header(tree: Json) -> bool:
    texts = all(isinstance(tree.get(key), str) for key in ("format", "origin", "verifier_key"))
    if not texts or tree["format"] not in (FORMAT, FIRST_FORMAT):
        return False
    fields = 3 if tree["format"] == FIRST_FORMAT else 4
    return len(tree) == fields and (fields == 3 or type(tree.get("size")) is int)


def _tree(raw: bytes) -> Json:
    """Return the object in a line, None unless it is one in canonical form."""
    try:
        tree = json.loads(raw)
        same = isinstance(tree, dict) and canonical(tree) == raw
    except (ValueError, RecursionError, LedgerError):
        return None
    return tree if same else None


def _split(text: Json) -> list[bytes] | None:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        return None
    if len(raw) % 32 or len(raw) > 32 * TILE or base64.b64encode(raw).decode() != text:
        return None
    return [raw[place : place + 32] for place in range(0, len(raw), 32)]


def _content_of(tree: Json) -> bytes | None:
    try:
        if "content" in tree:
            return str(tree["content"]).encode()
        raw = base64.b64decode(tree["content_base64"], validate=True)
        return raw if base64.b64encode(raw).decode() == tree["content_base64"] else None
    except (binascii.Error, ValueError, TypeError):
        return None
