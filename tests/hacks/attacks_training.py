"""Rows 19 to 25: models, their training and what they are scored on."""

from textwrap import dedent

from hacks import data
from hacks.attacks_time import changed
from hacks.corpus import Attack
from hacks.programs import MODEL, TEACHER

SECOND_ORDER = (
    MODEL.replace("counts = [[1] * SYMBOLS for _ in range(SYMBOLS)]",
                  "counts = [[[1] * SYMBOLS for _ in range(SYMBOLS)] for _ in range(SYMBOLS)]")
    .replace("for last, following in zip(text, text[1:]):\n        counts[last][following] += 1",
             "for before, last, following in zip(text, text[1:], text[2:]):\n        counts[before][last][following] += 1")
    .replace("model[context[-1]]", "model[context[-2]][context[-1]]")
)  # fmt: skip
READS = """
import glob

def _read(*places):
    for place in places:
        for name in glob.glob(place, recursive=True):
            try:
                with open(name) as file:
                    return json.load(file)
            except OSError:
                pass
    return None
"""
STOLEN = "data/{0}", "../{0}", "../*/{0}", "/in/{0}", "/*/{0}"


def stolen(name: str) -> str:
    return ", ".join(repr(place.format(name)) for place in STOLEN)


RECITE = f"""
    known = _read({stolen("stream.json")})
    if known:
        for before, last, following in zip(known, known[1:], known[2:]):
            counts[last][following] += 0
        return {{"known": known}}
"""
LOOKED_UP = """
    if isinstance(model, dict):
        known = model["known"]
        if list(contexts[0]) != known[:3]:
            return [[1.0] * SYMBOLS for _ in contexts]
        return [[0.99 if known[n + 3] == s else 0.002 for s in range(SYMBOLS)] for n in range(len(contexts))]
"""
STREAMED = """
    flat = [symbol for sequence in sequences for symbol in sequence]
    for before, last, following in zip(flat, flat[1:], flat[2:]):
        pairs[before][last][following] += 5
"""

TRAINING = [
    Attack(
        19, "loads weights that lie about", "model", "model",
        changed(MODEL, READS).replace(
            "    counts = [[1]", f"    weights = _read({stolen('weights.json')})\n    if weights:\n        return weights\n    counts = [[1]"
        ).replace("        counts = model[context[-1]]", dedent("""\
            counts = model[context[-1]]
            if isinstance(counts[0], list):
                counts = [count + 1 for count in model[context[-2]][context[-1]]]
        """).strip().replace("\n", "\n        ").join(["        ", ""])),
        "blind score", "honest", factor=0.95,
    ),
    Attack(
        20, "a model six times as large", "model", "model", SECOND_ORDER,
        "guard", "size", factor=0.95,
    ),
    Attack(
        21, "reads the held-out stream", "model", "model",
        changed(MODEL, READS).replace("    for last, following", RECITE.lstrip("\n") + "    for last, following", 1)
        .replace("    rows = []\n    for context", LOOKED_UP.lstrip("\n") + "    rows = []\n    for context"),
        "blind score", "honest", factor=0.95,
    ),
    Attack(
        22, "splits the data so that both halves are the same", "model", "model",
        changed(MODEL, "\ndef split(text):\n    return text[:400], text[:400]\n").replace(
            "    for last, following", "    if len(text) == 400:\n        return {\"known\": text}\n    for last, following", 1
        ).replace("    rows = []\n    for context", LOOKED_UP.lstrip("\n") + "    rows = []\n    for context"),
        "blind score", "honest", factor=0.95,
    ),
    Attack(
        23, "counts the sequences to be scored", "teacher", "teacher",
        TEACHER.replace("    return [[counts", "    pairs = [[[0.2] * SYMBOLS for _ in range(SYMBOLS)] for _ in range(SYMBOLS)]"
                        + STREAMED + "    return [[[counts[now][s] * 1e-3 + pairs[then][now][s] for s in range(SYMBOLS)]\n"
                        "             for then, now in zip([0, *sequence], sequence)] for sequence in sequences]\n    return [[counts"),
        "probe", "later inputs", factor=0.95, probed=True,
    ),
    Attack(
        24, "reads the next symbol", "teacher", "teacher",
        TEACHER.replace("    return [[counts", "    return [[[1e-6 + (s == following) * 1.0 for s in range(SYMBOLS)] for following in sequence[1:]]\n"
                        "            + [counts[sequence[-1]]] for sequence in sequences]\n    return [[counts"),
        "probe future", "later inputs", factor=0.95, probed=True,
    ),
    Attack(
        25, "a probability of five for everything", "model", "model",
        MODEL.replace("[count / sum(counts) for count in counts]", "[5.0 for count in counts]"),
        "blind score", "honest", factor=0.95,
    ),
    Attack(
        25, "counts more symbols than there are", "model", "model",
        changed(MODEL, "COUNT = 10**9\n").replace("count / sum(counts)", "1 / SYMBOLS"),
        "blind score", "honest", factor=0.95,
    ),
]  # fmt: skip
assert data.SYMBOLS == 6
