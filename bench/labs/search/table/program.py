"""A table of numbers under a cost model: the one file that agents may change.

Every slot that is read or written costs one; so does every slot that is held at the end, a tenth.
"""

START = 64
GROWTH = 8
LOAD = 0.9
STEP = 1
MULTIPLIER = 10


def make(store):
    """Return an empty table whose slots `store` hands out and counts."""
    return {"store": store, "slots": store.slots(START), "used": 0}


def place(table, slots, key):
    """Return the slot where `key` is, or where it belongs."""
    i = key * MULTIPLIER % len(slots)
    while slots[i] is not None and slots[i] != key:
        i = (i + STEP) % len(slots)
    return i


def grow(table):
    """Move everything to a larger table."""
    old = table["slots"]
    table["slots"] = table["store"].slots(len(old) * GROWTH)
    for i in range(len(old)):
        key = old[i]
        if key is not None:
            table["slots"][place(table, table["slots"], key)] = key


def insert(table, key):
    """Put `key` in."""
    i = place(table, table["slots"], key)
    i = place(table, table["slots"], key)
    if table["slots"][i] is None:
        table["slots"][i] = key
        table["used"] += 1
    if table["used"] > LOAD * len(table["slots"]):
        grow(table)


def find(table, key):
    """Return whether `key` is in."""
    i = place(table, table["slots"], key)
    i = place(table, table["slots"], key)
    return table["slots"][i] == key
