"""Text that people do not read as machines run it: invisible, look-alike, encoded, packed, padded.

Only lines that a candidate brings in are looked at, never those that were there before. Nothing
here judges what code does: the sandbox and the blind scorer stand against that.

Sources: Boucher and Anderson, "Trojan Source: Invisible Vulnerabilities", USENIX Security 2023;
Unicode Technical Standard 39 for look-alikes; Unicode Standard Annex 9 for direction.
"""

import ast
import io
import re
import tokenize
import unicodedata
from collections.abc import Iterator, Sequence

LONGEST_LINE = 1000  # characters
MOST_PACKED = 6  # statements on one line
_PADDED = re.compile(r"(?<![ \t])[ \t]{100,}+[^ \t\n]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]|\r(?!\n|$)")
_RUN = re.compile(r"[A-Za-z0-9+/_-]{200,}")
_ROW = re.compile(
    r"\s*[bBrRuU]{0,2}[\"']{0,3}([A-Za-z0-9+/_-]{40,}={0,2})(?:\\n)?[\"']{0,3}[,+\\)]*\s*"
)
_LEAST_ROWS = {"base64": 5, "hex": 17}  # rows of digests in a table are shorter or fewer
_ESCAPED = re.compile(
    r"(?:\\x[0-9a-fA-F]{2}){32,}|(?:\\u[0-9a-fA-F]{4}){24,}|(?:\\[0-7]{3}){32,}"
    r"|(?:\\N\{[^}\n]{1,80}\}){8,}"
)
_COOKIE = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")  # PEP 263
_PLAIN_COOKIES = {"utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii"}
_RUNS_TEXT = re.compile(r"\b(?:exec|eval|compile|__import__|marshal)\b")
_QUOTED = re.compile(r"\"[^\"\\]*(?:\\.[^\"\\]*)*\"|'[^'\\]*(?:\\.[^'\\]*)*'|#.*")
_RUNNERS = {"exec", "eval", "compile"}
_DECODERS = {
    "b64decode", "b32decode", "b16decode", "b85decode", "a85decode", "urlsafe_b64decode",
    "standard_b64decode", "decodebytes", "decompress", "unhexlify", "fromhex", "a2b_base64",
    "a2b_hex", "decode", "loads", "translate", "chr", "bytes", "bytearray", "literal_eval",
}  # fmt: skip
_JOINERS = "\u200c\u200d"
_PICTURE = "\ufe0e\ufe0f"
# Letters that most fonts draw as an ASCII letter, from the confusables of UTS 39.
_LOOKS = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухһԁԛԝьӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϲϳօսհոԱՏᎪᏴᏟᎠᎬᎻᎫᏦᏞᎷᏢᏚᎢᏙᏔᏃӀⅼⅠ",
    "ABESIJKMHOPCTYXaesijopcyxhdqwblABEZHIKMNOPTYXocjouhnUSABCDEHJKLMPSTVWZllI",
)


def faults(path: str, text: str, before: str) -> Iterator[str]:
    """Yield what would mislead a reader of ``text``, one plain sentence each.

    Args:
        path: Name of the file.
        text: Its new content.
        before: Its content before the change, empty for a new file.
    """
    known = set(before.split("\n"))
    fresh = [(n, ln) for n, ln in enumerate(text.split("\n"), 1) if ln not in known]
    for number, fault in _in_lines(fresh, python=path.endswith(".py")):
        yield f"{path!r}, line {number}, {fault}"
    if not text.isascii():
        for number, fault in _in_letters(fresh):
            yield f"{path!r}, line {number}, {fault}"
    if path.endswith(".py"):
        yield from _in_code(path, text, fresh)


def _in_lines(fresh: Sequence[tuple[int, str]], *, python: bool) -> Iterator[tuple[int, str]]:
    for number, line in fresh:
        if len(line) > LONGEST_LINE:
            yield number, f"has {len(line)} characters: break it, so that people can read it"
    whole = "\n".join(line for _, line in fresh)
    for pattern, fault in (
        (_PADDED, "has code behind a hundred blanks, where nobody looks"),
        (_CONTROL, "has a control character that hides or moves text"),
        (_ESCAPED, "is mostly escape sequences: write the text itself"),
    ):
        if found := pattern.search(whole):
            yield fresh[whole.count("\n", 0, found.start())][0], fault
    for number in _encoded(whole, fresh):
        yield number, "holds encoded text that people cannot read: write what it stands for"
    if python and whole.count(";") > MOST_PACKED:
        for number, line in fresh:
            if _QUOTED.sub("", line).count(";") >= MOST_PACKED:
                yield number, "packs many statements: write one to a line"


def _encoded(whole: str, fresh: Sequence[tuple[int, str]]) -> Iterator[int]:
    for found in _RUN.finditer(whole):
        if _kind(found[0]):
            yield fresh[whole.count("\n", 0, found.start())][0]
    if (row := _rows(fresh)) is not None:
        yield row


def _rows(fresh: Sequence[tuple[int, str]]) -> int | None:
    """Return where encoded text in many equal rows begins, if there is any."""
    counts = dict.fromkeys(_LEAST_ROWS, 0)
    for number, line in fresh:
        match = _ROW.fullmatch(line) if len(line) > 40 else None
        kind = _kind(match[1]) if match else ""
        counts = {name: count + 1 if name == kind else 0 for name, count in counts.items()}
        if any(counts[name] >= least for name, least in _LEAST_ROWS.items()):
            return number - max(counts.values()) + 1
    return None


def _kind(run: str) -> str:
    """Return how ``run`` seems to be encoded; empty for a word, a rule or a number."""
    digits = sum(c.isdigit() for c in run) / len(run)
    if not 0.02 < digits < 0.95:
        return ""
    if not set(run.lower()) - set("0123456789abcdef"):
        return "hex"
    return "base64" if run != run.lower() and run != run.upper() else ""


def _in_letters(fresh: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for number, line in fresh:
        if line.isascii():
            continue
        for place, letter in enumerate(line):
            if letter > "\x7f" and _invisible(letter) and not _fitting(line, place, number):
                code = f"U+{ord(letter):04X}"
                yield number, f"has the invisible or reordering character {code}: take it out"


def _invisible(letter: str) -> bool:
    category = unicodedata.category(letter)
    if category == "Cn":  # letters newer than this Python are no fault, reserved controls are
        return letter in "\u2065\uffff\ufffe" or "\U000e0000" <= letter <= "\U000e0fff"
    selectors = "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef"
    blanks = letter in "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800"
    return category in {"Cf", "Cc", "Co", "Cs", "Zl", "Zp"} or selectors or blanks


def _fitting(line: str, place: int, number: int) -> bool:
    """Return whether an invisible character is one that honest text needs, where it needs it."""
    letter, before, after = line[place], line[place - 1 : place], line[place + 1 : place + 2]
    if letter == "\ufeff":
        return number == 1 and place == 0
    if letter in _PICTURE:
        return (before > "\x7f" or before in "#*0123456789") and not _invisible_or_none(before)
    if letter in _JOINERS:
        return bool(before > "\x7f" and after > "\x7f")
    return False


def _invisible_or_none(letter: str) -> bool:
    return not letter or (letter > "\x7f" and _invisible(letter))


def _in_code(path: str, text: str, fresh: Sequence[tuple[int, str]]) -> Iterator[str]:
    for number, line in fresh[:2]:
        cookie = _COOKIE.match(line) if number <= 2 else None
        if cookie and cookie[1].lower().replace("_", "-") not in _PLAIN_COOKIES:
            yield f"{path!r}, line {number}, declares the encoding {cookie[1]!r}: use UTF-8"
            return
    if not text.isascii():
        yield from (f"{path!r}, {fault}" for fault in _look_alikes(text, fresh))
    if any(_RUNS_TEXT.search(line) for _, line in fresh):
        numbers = {number for number, _ in fresh}
        for number in _runs_decoded(text):
            if number in numbers:
                yield f"{path!r}, line {number}, runs code that is written encoded: write it out"


def _look_alikes(text: str, fresh: Sequence[tuple[int, str]]) -> Iterator[str]:
    """Yield the names that look like other names, in code only: prose may be in any script."""
    numbers = {number for number, line in fresh if not line.isascii()}
    words = re.findall(r"[^\W\d]\w*", "\n".join(line for n, line in fresh if n in numbers))
    if not any(_plain(word) for word in words):
        return
    for token in tokenize.generate_tokens(io.StringIO(text.removeprefix("\ufeff")).readline):
        if token.type == tokenize.NAME and token.start[0] in numbers and _plain(token.string):
            shown = _plain(token.string)
            yield f"line {token.start[0]}, has a name that looks like {shown!r} and is another"


def _plain(word: str) -> str:
    """Return the ASCII word that ``word`` looks like or becomes, empty if there is none."""
    if word.isascii():
        return ""
    looks = unicodedata.normalize("NFKC", word.translate(_LOOKS)).translate(_LOOKS)
    return looks if looks.isascii() else ""


def _runs_decoded(text: str) -> Iterator[int]:
    """Yield the lines of calls that run what was decoded a moment before."""
    tree = ast.parse(text.removeprefix("\ufeff"))
    values = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _called(node)
        if name == "loads" and _root(node) == "marshal":
            yield node.lineno
        elif isinstance(node.func, ast.Name) and name in _RUNNERS and node.args:
            given = node.args[0]
            source = values.get(given.id, given) if isinstance(given, ast.Name) else given
            if any(_called(n) in _DECODERS for n in ast.walk(source) if isinstance(n, ast.Call)):
                yield node.lineno


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _root(node: ast.Call) -> str:
    function = node.func
    return getattr(function.value, "id", "") if isinstance(function, ast.Attribute) else ""
