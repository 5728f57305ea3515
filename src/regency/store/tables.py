"""The tables: the record (`entries`, `nodes`), and its projections, which can be dropped.

A projection row keeps what is searched for and the number of the entry that it comes from; the
rest of a record is read from that entry, so that nothing is kept twice.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

SCHEMA = 3  # of the projections; another number in the file rebuilds them

record = MetaData()
projected = MetaData()

entries = Table(
    "entries",
    record,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("time", Text, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("entries_kind", "kind", "seq"),
)

# Complete subtrees of the Merkle tree by their in-order number: regency.ledger.merkle.node_key.
nodes = Table(
    "nodes",
    record,
    Column("key", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

candidates = Table(
    "candidates",
    projected,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("id", Text, nullable=False, unique=True),
    Column("commit", Text, nullable=False, index=True),
    Column("tree", Text, nullable=False, index=True),
    Column("form", Text, nullable=False, index=True),
    Column("parent", Text, nullable=False, index=True),
    Column("agent", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("gain", Float),
    Column("effect", Float),
    Column("trials", Integer, nullable=False),
    Column("promoted", Boolean, nullable=False),
    Index("candidates_answer", "answer", "number"),
    Index("candidates_gain", "gain"),
)

trials = Table(
    "trials",
    projected,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("candidate", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Index("trials_candidate", "candidate", "purpose", "seq"),
)

verdicts = Table(
    "verdicts",
    projected,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("candidate", Text, nullable=False),
    Index("verdicts_candidate", "candidate", "seq"),
)

nominations = Table(
    "nominations",
    projected,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("generation", Integer, nullable=False),
    Column("index", Integer, nullable=False),
    Column("candidate", Text, nullable=False),
    Column("answer", Text, nullable=False),  # empty while the test runs
    Index("nominations_index", "generation", "index", unique=True),
    Index("nominations_answer", "answer", "generation"),
)

packets = Table(
    "packets",
    projected,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("status", Text, nullable=False, index=True),
    Column("reason", Text, nullable=False),
)

decisions = Table(
    "decisions",
    projected,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("item", Text, nullable=False),
    Index("decisions_item", "item", "seq"),
)

# Running totals and latest numbers, so that status costs the same at any length of history.
totals = Table(
    "totals",
    projected,
    Column("name", Text, primary_key=True),
    Column("value", Float, nullable=False),
)
