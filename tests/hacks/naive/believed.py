"""Believes the time that a program says it took."""

import contextlib
import io
import re

from loading import data, load


def evaluate(program_path):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        load(program_path).report(data("sort.json"))
    seconds = float(re.findall(r"seconds: (\S+)", text.getvalue())[-1])
    return {"combined_score": 1 / seconds}
