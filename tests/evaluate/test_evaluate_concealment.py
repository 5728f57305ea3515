"""Text that reads otherwise than it runs, and honest text that merely looks unusual."""

import base64
import binascii
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regency.evaluate.concealment import faults

CODE = "import os\nprint(os.getcwd())\n" * 12
BLOB = base64.b64encode(CODE.encode()).decode()
HEX = binascii.hexlify(CODE.encode() * 3).decode()


def rows(text: str, width: int, quote: str = '"') -> str:
    parts = [text[n : n + width] for n in range(0, len(text), width)]
    return "X = (\n" + "".join(f"    {quote}{part}{quote}\n" for part in parts) + ")\n"


def fault(text: str, before: str = "", path: str = "train.py") -> str:
    return next(faults(path, text, before), "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1  # \u202e } if admin\n", r"U\+202E"),
        ("name = 'a\u200bb'\n", r"U\+200B"),
        ("a\u200dmin = 1\n", r"U\+200D"),
        ("# \U000e0041\U000e0042\n", r"U\+E0041"),
        ("# a\ufe0fb\n", r"U\+FE0F"),
        ("x = '\U0001f600\ufe0f\ufe0f'\n", r"U\+FE0F"),
        ("x = '\u3164'\n", r"U\+3164"),
        ("x = '\ue000'\n", r"U\+E000"),
        ("s\u0441ore = 1\n", "looks like 'score'"),
        ("\u0441\u043e\u0440\u0443 = 1\n", "looks like 'copy'"),
        ("\uff45val('1')\n", "looks like 'eval'"),
        ("x = 1" + " " * 120 + "; import os\n", "hundred blanks"),
        ("x = [1,\n" + "\t" * 150 + "2]\n", "hundred blanks"),
        ("x = 1 # ok\rimport os\n", "control character"),
        ("x = '\x1b[2J'\n", "control character"),
        (f"x = '{BLOB}'\n", "encoded"),
        (f"x = '{HEX[:600]}'\n", "encoded"),
        (rows(BLOB, 76), "line 2.*encoded"),
        (rows(HEX, 64), "encoded"),
        (
            'x = """\n' + "\n".join(BLOB[n : n + 76] for n in range(0, len(BLOB), 76)) + '"""',
            "enco",
        ),
        ("x = '" + "".join(f"\\x{b:02x}" for b in CODE.encode()[:40]) + "'\n", "escape"),
        ("x = '" + "".join(f"\\u{b:04x}" for b in CODE.encode()[:40]) + "'\n", "escape"),
        ("a=1;b=2;c=3;d=4;e=5;f=6;g=7;h=8\n", "packs"),
        ("x = [" + "1," * 600 + "]\n", "characters"),
        ("exec(bytes([112, 97, 115, 115]))\n", "runs code"),
        ("import zlib\ntext = zlib.decompress(b'x')\nexec(text)\n", "line 3, runs code"),
        ("import marshal\nf = marshal.loads(b'x')\n", "runs code"),
        ("exec(''.join(chr(n) for n in [112, 97]))\n", "runs code"),
        ("# coding: utf-7\nx = 1\n", "encoding 'utf-7'"),
        ("#!/usr/bin/python\n# -*- coding: rot13 -*-\n", "encoding 'rot13'"),
    ],
)
def test_what_misleads_a_reader_is_named(text: str, said: str):
    assert re.search(said, fault(text))


@pytest.mark.parametrize(
    "text",
    [
        "# Größe, 大きさ, размер с учётом шума, حجم, גודל 👩‍🔬 ⚠️ 1️⃣\nx = 1\n",
        "σ, λ_max, Δx, α = 1, 2, 3, 4\n",
        "größe = '\u0915\u094d\u200d\u0937'\n",
        "\ufeffx = 1\n",
        "x = 1\r\ny = 2\r\n",
        "PI = 3." + "1415926535" * 40 + "\n",
        "T = [\n" + "".join(f"    {n / 7!r}, {n / 3!r}, {n / 11!r},\n" for n in range(99)) + "]\n",
        "KEYS = [\n" + "".join(f'    "{n:064x}",\n' for n in range(10**70, 10**70 + 12)) + "]\n",
        "sha = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'\n",
        "url = 'https://example.org/a/" + "very/long/path/" * 30 + "'\n",
        "# " + "-" * 300 + "\nx = 1\n",
        "model.eval()\nvalue = ast.literal_eval('1')\npattern = re.compile('x')\n",
        "exec(open('settings.py').read())\nresult = eval('1 + 1')\n",
        "PNG = b'\\x89PNG\\r\\n\\x1a\\n'\n",
        "a = 1; b = 2; c = 3\ntext = 'a;b;c;d;e;f;g;h;i;j;k;l'  # ;;;;;;;;;;\n",
        "x = 1" + " " * 60 + "# aligned\n",
        "# -*- coding: utf-8 -*-\nx = 1\n",
        "from __future__ import annotations\n" + "x = 1\n" * 500,
        "\fclass A:\n    pass\n",
    ],
)
def test_honest_text_passes(text: str):
    assert fault(text) == ""


def test_what_was_there_before_is_nobodys_fault():
    old = f"KEY = '{BLOB}'\n\u0441\u043e\u0440\u0443 = 1\n"
    assert fault(old) != ""
    assert fault(old + "x = 2\n", old) == ""


def test_prose_that_looks_like_a_name_is_no_name():
    assert (
        fault("# \u0441\u043e\u0440\u0443, \u0430 \u0441\u043e\nx = '\u0441\u043e\u0440\u0443'\n")
        == ""
    )


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text: str):
    text = text.replace("\0", "").encode("utf-8", "replace").decode()
    assert isinstance(fault(text, path="notes.txt"), str)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    [" " * 900_000, "a" * 900_000, "\\x41" * 200_000, "'" * 900_000, ("A1b" * 13 + "\n") * 20_000],
)
def test_a_megabyte_of_anything_takes_no_time(text: str):
    list(faults("notes.txt", text, ""))
