"""Claims on what was measured: percentages, factors, amounts, and which way it went.

A claim holds where the move was measured to go its way and comes to most of what it says; it fails
where the evidence rules out that it does; in between nothing is said against its author.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from regency.oversee.claims.difference import Difference, words
from regency.oversee.claims.effect import Effect

Answer = tuple[str, str]
ABOUT = 0.8  # of what was claimed is near enough
FAR = 0.6  # of what was claimed is not
_NUMBER = r"[-+]?(?:\d[\d_]*\.?\d*(?:[eE][-+]?\d+)?|\.\d+)"
_TIME = ("cpu_s", "wall_s", "time")
_MEASURES = {
    "memory": ("memory_bytes", "memory"), "ram": ("memory_bytes", "memory"),
    "runtime": _TIME, "fast": _TIME, "faster": _TIME, "slower": _TIME,
    "quicker": _TIME, "speed": _TIME, "speedup": _TIME, "speeds": _TIME, "sooner": _TIME,
    "cpu": ("cpu_s",),
}  # fmt: skip
_SPEED = re.compile(
    r"\b(fast|faster|quicker|slower|speed|speedup|speeds up|sooner)\b", re.IGNORECASE
)
_RUN_TIME = re.compile(
    r"(?:^|\b(?:cpu|run|running|training|train|wall|wall-clock|total|the|less|more|of|half|"
    r"execution|compute)[ -])time\b", re.IGNORECASE,
)  # fmt: skip
_MODEL_SIZE = re.compile(
    r"\bmodel(?:'s)? (?:\S+ ){0,5}(?:size|smaller|larger|bigger)\b|\bmodel size\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\bper\b|\b(?:compared|relative to|versus|vs|paper|original|other|longer runs?|gpu|vram|"
    r"gradients?|each|every|step)\b", re.IGNORECASE,
)  # fmt: skip
_UNITS = re.compile(r"\b(?:bits|nats) per \w+|\bper cent\b", re.IGNORECASE)
_TRAINING = re.compile(
    r"\b(?:train|training)[ _](?:\w+[ _])?(?:loss|error|score|metric|bpb|accuracy|perplexity)\b",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"\b(lower|lowers|lowered|reductions?|reduces?|reduced|decreases?|decreased|shrinks?|shrunk|cuts?|saves?|"
    r"saved|less|fewer|fast|faster|smaller|quicker|sooner|drops?|dropped|falls?|fell|halves?|"
    r"halved|half|down|speedup|speeds up)\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\b(raises?|raised|increases?|increased|higher|more|slower|larger|bigger|longer|grows?|grew|"
    r"rises?|rose|doubles?|doubled|triples?|tripled|up)\b",
    re.IGNORECASE,
)
_BETTER = re.compile(r"\b(improves?|improved|improvement|better|gains?|gained)\b", re.IGNORECASE)
_WORSE = re.compile(r"\b(worsens?|worse|degrades?|degraded|hurts?)\b", re.IGNORECASE)
_DENIES = re.compile(
    r"\b(no|not|without|never|unchanged|same|keeps?|stays?)\b|n't\b", re.IGNORECASE
)
_COUNTS = {"two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "ten": 10.0}
_COUNT = rf"(?:{_NUMBER}|{'|'.join(_COUNTS)})"
_FROM_TO = re.compile(
    rf"(?:from )?`?(?P<old>{_NUMBER})`?(?: ?[A-Za-z]+)? ?(?:to|→|->|=>) ?`?(?P<new>{_NUMBER})`?"
)
_PERCENT = re.compile(rf"(?P<amount>{_NUMBER}) ?(?:%|percent|per cent)")
_TIMES = re.compile(
    rf"\b(?:(?P<twice>twice)|(?P<n>{_COUNT}) ?(?:x|×|times|-fold))(?= |$|\b)", re.IGNORECASE
)
_HALF = re.compile(r"\b(half|halves|halved|halve)\b", re.IGNORECASE)
_DOUBLE = re.compile(r"\b(doubles?|doubled)\b", re.IGNORECASE)
_TRIPLE = re.compile(r"\b(triples?|tripled)\b", re.IGNORECASE)
_BY = re.compile(rf"\bby (?:about |around |some |roughly |~ ?)?(?P<amount>{_NUMBER})(?![\w%]| ?%)")
_PLAIN = re.compile(
    r"^(?:this |it |we |also |now |the (?:change|candidate) )*"
    r"(?:uses |needs |takes |gives |reaches |is |runs |makes it |has )?"
    r"(?:an? |much |slightly |clearly )?"
    r"(?:improves|lowers|reduces|decreases|raises|increases|cuts|speeds up|lower|less|more|higher|"
    r"better|faster|slower|smaller|larger)"
    r"(?: (?:the )?[\w.-]+){0,3}[.!]?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Claimed:
    """How far a sentence says that something moved, in the quantity's own unit, and which way."""

    least: float
    sign: int


def by_name(sentence: str, change: Difference) -> Answer | None:
    """Return the verdict on a sentence that calls a measurement by its own name, else None."""
    told = set(words(sentence))
    names = [n for n in change.measured if "_" in n and set(words(n)) <= told]
    return _verdict(sentence, names[0], change) if names else None


def judged(sentence: str, change: Difference) -> Answer | None:
    """Return the verdict on a sentence about what can be measured, None if it is not one."""
    meant = list(dict.fromkeys(_meant(sentence, change)))
    names = [name for name in meant if name in change.measured]
    if names:
        return _verdict(sentence, names[0], change)
    amount = _PERCENT.search(sentence) or _TIMES.search(sentence) or _HALF.search(sentence)
    return ("unknown", "nothing that was measured tells") if meant and amount else None


def _meant(sentence: str, change: Difference) -> Iterator[str]:
    """Yield the names of what a sentence may be about, measured or not, the likeliest first."""
    told, line = words(sentence), f" {sentence.lower()} "
    for name, effect in change.measured.items():
        if set(words(name)) <= set(told):
            yield name
        if any(re.search(rf"\b{re.escape(other)}\b", line) for other in effect.called):
            yield name
    for word in told:
        yield from _MEASURES.get(word, ())
    if _RUN_TIME.search(sentence):
        yield from _TIME
    if _MODEL_SIZE.search(sentence):
        yield from ("model_bytes", "size")


def _verdict(sentence: str, name: str, change: Difference) -> Answer | None:
    effect = change.measured[name]
    if _ELSEWHERE.search(_UNITS.sub(" ", sentence)):
        return "unknown", "it speaks of something else than what was measured"
    if effect.better and _TRAINING.search(sentence):
        return "unknown", f"what was measured is {name}, not the loss in training"
    claimed = _claimed(sentence, effect)
    if claimed is None:
        return None
    if effect.spent and _SPEED.search(sentence):
        return "unknown", "a run uses all of its budget, so that its time tells nothing of speed"
    return _held(name, effect, claimed)


def _claimed(sentence: str, effect: Effect) -> _Claimed | None:
    """Return what a sentence claims of an effect, None if it is not clear or nothing."""
    if _DENIES.search(sentence):
        return None
    if found := _FROM_TO.search(sentence):
        old, new = float(found["old"]), float(found["new"])
        if old in (0.0, new):
            return None
        share = abs(new - old) / abs(old)
        return _Claimed(share * abs(effect.before), 1 if new > old else -1)
    sign = _sign(sentence, effect)
    amount = _amount(sentence, effect, sign) if sign else None
    return None if amount is None else _Claimed(amount, sign)


def _sign(sentence: str, effect: Effect) -> int:
    """Return 1 for up, -1 for down, 0 where a sentence does not say, or says both."""
    found = {sign for sign, pattern in ((-1, _LESS), (1, _MORE)) if pattern.search(sentence)}
    if not found and effect.better:
        found = {sign * effect.better for sign, pattern in ((1, _BETTER), (-1, _WORSE))
                 if pattern.search(sentence)}  # fmt: skip
    return found.pop() if len(found) == 1 else 0


def _amount(sentence: str, effect: Effect, sign: int) -> float | None:
    """Return by how much, in the quantity's own unit; 0 where only the direction is said."""
    size = abs(effect.before)
    if found := _PERCENT.search(sentence):
        share = abs(float(found["amount"])) / 100
        if sign < 0 and _SPEED.search(sentence):  # a third faster takes a quarter less time
            share = share / (1 + share)
        points = share if effect.better and size <= 1 else size * share  # percent, or points
        return min(points, size * share)
    if found := _TIMES.search(sentence):
        times = 2.0 if found["twice"] else _COUNTS.get(found["n"].lower()) or float(found["n"])
        return _factor(size, times, sign)
    for pattern, times in ((_HALF, 2.0), (_DOUBLE, 2.0), (_TRIPLE, 3.0)):
        if pattern.search(sentence):
            return _factor(size, times, sign)
    if found := _BY.search(sentence):
        return abs(float(found["amount"])) if effect.better else None
    return 0.0 if _PLAIN.match(sentence) else None


def _factor(size: float, times: float, sign: int) -> float | None:
    if times <= 1:
        return None
    return size * (times - 1) if sign > 0 else size * (1 - 1 / times)


def _held(name: str, effect: Effect, claimed: _Claimed) -> Answer:
    low, moved, high = effect.toward(claimed.sign)
    before, after = _number(effect.before), _number(effect.after)
    told = f"{name} measured {before} before and {after} after{_sure(effect)}"
    if low > 0 and moved >= ABOUT * claimed.least:
        return "holds", told
    short = moved < FAR * claimed.least and high < ABOUT * claimed.least
    if short or high < 0:
        return "fails", told
    return "unknown", f"{told}: too unsure to tell"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"


def _sure(effect: Effect) -> str:
    if not effect.before:
        return ""
    size = abs(effect.before) / 100
    share = f", {(effect.after - effect.before) / size:+.1f} %"
    if effect.low == effect.high:
        return share
    return f"{share} (between {effect.low / size:+.1f} and {effect.high / size:+.1f} %)"
