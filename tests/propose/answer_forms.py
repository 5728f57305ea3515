"""Answers made by rule: a random edit of a random file, in a random form, a little deformed.

What the edit must make is known, so that whatever is read can be held against it.
"""

import json
import random
import textwrap

WORDS = ("rate", "steps", "width", "loss", "clip", "decay", "seed", "scale")


def source(rng):
    """Return lines of a small Python file in which many lines are alike."""
    lines = ["import math", ""]
    for word in rng.sample(WORDS, 4):
        lines += [f"{word.upper()} = {rng.randint(1, 9)}"]
    for word in rng.sample(WORDS, 3):
        inner = [
            f"    {rng.choice(WORDS)} = x * {rng.randint(1, 3)}" for _ in range(rng.randint(1, 3))
        ]
        lines += ["", "", f"def {word}(x):", *inner, f"    return x + {rng.randint(1, 2)}"]
    return lines


def edit(rng, lines):
    """Return (first, last, new lines): a stretch of ``lines`` and what becomes of it."""
    low = rng.randrange(2, len(lines))
    high = min(len(lines), low + rng.randint(1, 4))
    new = list(lines[low:high])
    place = rng.randrange(len(new))
    margin = new[place][: len(new[place]) - len(new[place].lstrip())]
    new[place] = f"{margin}{rng.choice(WORDS)} = {rng.randint(10, 99)}"
    return low, high, new


def deformed(rng, old, new):
    """Return a search and a replacement as a model might misquote both."""
    ways = (_exact, _exact, _trailing, _dedent, _indent, _blank, _numbers, _wrong)
    return rng.choice(ways)(rng, old, new)


def _exact(_, old, new):
    return old, new


def _trailing(_, old, new):
    return [line + "  " for line in old], new


def _dedent(_, old, new):
    pair = textwrap.dedent("\n".join([*old, "\0", *new])).split("\n")
    return pair[: len(old)], pair[len(old) + 1 :]


def _indent(_, old, new):
    return [f"  {ln}" if ln else ln for ln in old], [f"  {ln}" if ln else ln for ln in new]


def _blank(_, old, new):
    return ["", *old, ""], ["", *new, ""]


def _numbers(_, old, new):
    return [f"{number}: {line}" for number, line in enumerate(old, 3)], new


def _wrong(rng, old, new):
    """A line that the model misremembers."""
    place = rng.choice([n for n, line in enumerate(old) if line] or [0])
    said = old[place] + " + 1" if old[place] else ""
    return [*old[:place], said, *old[place + 1 :]], new


def made(rng):
    """Return (file, answer, what it must become)."""
    lines = source(rng)
    low, high, new = edit(rng, lines)
    after = [*lines[:low], *new, *lines[high:]]
    old, fresh = deformed(rng, lines[low:high], new)
    form = rng.choice(["block", "block", "json", "diff", "whole", "bare"])
    if form == "whole":
        answer = "a.py\n```python\n" + "\n".join(after) + "\n```\n"
    elif form == "json":
        one = {"path": "a.py", "search": "\n".join(old), "replace": "\n".join(fresh)}
        answer = json.dumps({"edits": [one]})
    elif form == "diff":
        body = [f"-{line}" for line in old] + [f"+{line}" for line in fresh]
        answer = f"```diff\n--- a/a.py\n+++ b/a.py\n@@ -{rng.randint(1, 30)},3 +1,3 @@\n"
        answer += "\n".join(body) + "\n```\n"
    else:
        block = ["<<<<<<< SEARCH", *old, "=======", *fresh, ">>>>>>> REPLACE"]
        fence = ["```"] if form == "block" else []
        answer = "\n".join(["a.py", *fence, *block, *fence]) + "\n"
    return "\n".join(lines) + "\n", answer, "\n".join(after) + "\n"


def generator(seed):
    """Return the source of randomness for one answer."""
    return random.Random(f"answer:{seed}")
