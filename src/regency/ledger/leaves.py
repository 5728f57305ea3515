"""All leaf hashes of a log in order, 32 bytes each: the root of any of its earlier sizes.

A million entries are 32 MB. Subtrees of 256 leaves are hashed once and kept, as C2SP's tiles are.
"""

from regency.ledger.merkle import Frontier, node_hash

TILE = 256
_BYTES = 32


class Leaves:
    """A growing list of leaf hashes."""

    def __init__(self) -> None:
        self._hashes = bytearray()
        self._tiles: list[bytes] = []

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self._hashes) // _BYTES

    def append(self, leaf: bytes) -> None:
        """Add one leaf's hash."""
        self._hashes += leaf
        if self.size % TILE == 0:
            self._tiles.append(subtree(self._some(self.size - TILE, self.size)))

    def replace(self, place: int, leaf: bytes) -> None:
        """Put another hash in the place of one."""
        self._hashes[place * _BYTES : (place + 1) * _BYTES] = leaf
        tile = place // TILE
        if tile < len(self._tiles):
            self._tiles[tile] = subtree(self._some(tile * TILE, (tile + 1) * TILE))

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the first ``size`` leaves, or of all (RFC 6962, 2.1).

        Raises:
            IndexError: There are not so many.
        """
        whole = self.size if size is None else size
        if not 0 <= whole <= self.size:
            raise IndexError(f"there are {self.size} leaves, not {whole}")
        full = whole // TILE
        # RFC 6962 splits at powers of two, so whole tiles are leaves of the tree above them.
        above = Frontier()
        for tile in self._tiles[:full]:
            above.append(tile)
        if whole % TILE:
            above.append(subtree(self._some(full * TILE, whole)))
        return above.root()

    def _some(self, start: int, stop: int) -> list[bytes]:
        return [
            bytes(self._hashes[place : place + _BYTES])
            for place in range(start * _BYTES, stop * _BYTES, _BYTES)
        ]


def subtree(hashes: list[bytes]) -> bytes:
    """Return the root over leaf hashes, of which there is at least one (RFC 6962, 2.1)."""
    row = hashes
    while len(row) > 1:
        pairs = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        # The last of an odd row has no partner and rises as it is.
        row = [*pairs, row[-1]] if len(row) & 1 else pairs
    return row[0]
