"""Score of table: negative cost of a stream of inserts and look-ups, counted by the checker."""

import random


class Slots(list):
    """Slots whose reads and writes are counted."""

    def __init__(self, size, cost):
        super().__init__([None] * size)
        self.cost = cost

    def __getitem__(self, index):
        self.cost[0] += 1
        return super().__getitem__(index)

    def __setitem__(self, index, value):
        self.cost[0] += 1
        super().__setitem__(index, value)


class Store:
    """Hands out slots."""

    def __init__(self):
        self.cost, self.last = [0], None

    def slots(self, size):
        if not 0 < size <= 20_000:
            raise ValueError("too large")
        self.last = Slots(size, self.cost)
        return self.last


def score(program, seed):
    """Return the score of the namespace `program`; more is better."""
    rng, store = random.Random(seed), Store()
    table, known, operations = program["make"](store), set(), 250
    for _ in range(operations):
        key = rng.randrange(0, 4000) * 5
        if rng.random() < 0.4:
            program["insert"](table, key)
            known.add(key)
        wanted = rng.choice(sorted(known)) if known and rng.random() < 0.6 else key
        if bool(program["find"](table, wanted)) != (wanted in known):
            raise ValueError("a wrong answer")
        if store.cost[0] > 60_000:
            raise ValueError("too slow")
    return -(store.cost[0] + 0.1 * len(store.last)) / operations
