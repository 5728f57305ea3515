"""The database: entries and their projections, and the questions that others ask of them.

The only home of SQLAlchemy. Every table but the entries and their tree can be dropped and rebuilt.
"""

from regency.store.store import OpenTransaction, Store
from regency.store.views import Branch, Counts, Epoch, Move, PacketState, Standing, Tested

__all__ = [
    "Branch",
    "Counts",
    "Epoch",
    "Move",
    "OpenTransaction",
    "PacketState",
    "Standing",
    "Store",
    "Tested",
]
