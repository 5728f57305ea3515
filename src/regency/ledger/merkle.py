"""The Merkle tree of RFC 6962: hashes, growing, proofs and their verification; pure functions.

Complete subtrees never change once they exist. Each is numbered in order (leaf ``i`` is ``2 i``,
the parent of two leaves lies between them), so that one integer names a node for ever, whatever
the size of the tree, and a new leaf adds about two nodes. Knows nothing of entries or storage.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence

from regency.errors import LedgerError

Fetch = Callable[[Sequence[int]], Mapping[int, bytes]]
Span = tuple[int, int]


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an interior node (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def node_key(level: int, place: int) -> int:
    """Return the number of the ``place``-th complete subtree of 2^``level`` leaves."""
    return (place << (level + 1)) + (1 << level) - 1


def peak_keys(start: int, stop: int) -> list[int]:
    """Return the numbers of the largest complete subtrees that tile leaves start..stop-1.

    Args:
        start: First leaf; a multiple of a power of two that is at least ``stop - start``.
        stop: One past the last leaf.
    """
    keys = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        keys.append(node_key(level, start >> level))
        start += 1 << level
    return keys


class Frontier:
    """The right edge of a growing tree: all that is needed to append and to know the root.

    Args:
        size: Number of leaves.
        peaks: Hashes of `peak_keys` (0, size), in that order.
    """

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if len(peaks) != size.bit_count():
            raise LedgerError(
                f"a tree of {size} entries has {size.bit_count()} peaks, but the store holds "
                f"{len(peaks)}: the record is damaged; restore it from a backup or an export."
            )
        self.size = size
        self._peaks = list(peaks)

    def copy(self) -> "Frontier":
        """Return the same edge, to append to without changing this one."""
        return Frontier(self.size, self._peaks)

    def append(self, leaf: bytes) -> list[tuple[int, bytes]]:
        """Add a leaf hash; return the numbers and hashes of all nodes that it completes."""
        place, level, digest = self.size, 0, leaf
        made = [(node_key(0, place), digest)]
        while place & 1:
            digest = node_hash(self._peaks.pop(), digest)
            place, level = place >> 1, level + 1
            made.append((node_key(level, place), digest))
        self._peaks.append(digest)
        self.size += 1
        return made

    def root(self) -> bytes:
        """Return the root; that of the empty tree is the hash of nothing (RFC 6962, 2.1)."""
        return _fold(self._peaks)


def inclusion_proof(index: int, size: int, fetch: Fetch) -> tuple[bytes, ...]:
    """Return the audit path of leaf ``index`` in the tree of ``size`` leaves (RFC 6962, 2.1.1).

    Args:
        index: Leaf, from 0.
        size: Size of the tree.
        fetch: Gives the hashes of the numbered nodes.

    Raises:
        LedgerError: There is no such leaf, or a node is missing.
    """
    if not 0 <= index < size:
        raise LedgerError(f"there is no entry {index} in a ledger of {size}: entries count from 0.")
    return _hashes(_path(index, 0, size), fetch)


def consistency_proof(old: int, size: int, fetch: Fetch) -> tuple[bytes, ...]:
    """Return the proof that a tree of ``size`` extends one of ``old`` leaves (RFC 6962, 2.1.2).

    Raises:
        LedgerError: ``old`` exceeds ``size``, or a node is missing.
    """
    if not 0 <= old <= size:
        raise LedgerError(f"a ledger of {size} entries cannot extend one of {old}.")
    return _hashes(_subproof(old, 0, size, whole=True) if old else [], fetch)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Return whether ``leaf`` is entry ``index`` of the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, digest = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            digest = node_hash(step, digest)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            digest = node_hash(digest, step)
        here, last = here >> 1, last >> 1
    return last == 0 and digest == root


def verify_consistency(
    old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Return whether the tree of ``size`` leaves extends that of ``old`` (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= size:
        return False
    if old == size:
        return not proof and old_root == root
    if old == 0:
        return not proof and old_root == _fold([])
    # A power of two is itself a node of the larger tree, so its root is left out of the proof.
    path = [old_root, *proof] if old.bit_count() == 1 else list(proof)
    return _climb(old, size, path) == (old_root, root)


def _climb(old: int, size: int, path: list[bytes]) -> tuple[bytes, bytes] | None:
    if not path:
        return None
    here, last = old - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    first = second = path[0]
    for step in path[1:]:
        if last == 0:
            return None
        if here & 1 or here == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            second = node_hash(second, step)
        here, last = here >> 1, last >> 1
    return (first, second) if last == 0 else None


def _path(index: int, start: int, stop: int) -> list[Span]:
    if stop - start == 1:
        return []
    middle = start + _split(stop - start)
    if index < middle:
        return [*_path(index, start, middle), (middle, stop)]
    return [*_path(index, middle, stop), (start, middle)]


def _subproof(old: int, start: int, stop: int, *, whole: bool) -> list[Span]:
    if old == stop:
        return [] if whole else [(start, stop)]
    middle = start + _split(stop - start)
    if old <= middle:
        return [*_subproof(old, start, middle, whole=whole), (middle, stop)]
    return [*_subproof(old, middle, stop, whole=False), (start, middle)]


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def _hashes(spans: list[Span], fetch: Fetch) -> tuple[bytes, ...]:
    groups = [peak_keys(*span) for span in spans]
    found = fetch([key for keys in groups for key in keys])
    try:
        return tuple(_fold([found[key] for key in keys]) for keys in groups)
    except KeyError as error:
        raise LedgerError(
            f"tree node {error} is missing: the record is damaged; restore it from a backup or "
            "an export."
        ) from error


def _fold(peaks: Sequence[bytes]) -> bytes:
    if not peaks:
        return hashlib.sha256().digest()
    digest = peaks[-1]
    for peak in reversed(peaks[:-1]):
        digest = node_hash(peak, digest)
    return digest
