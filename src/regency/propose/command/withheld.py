"""Values that must not be written down: found in any text, also encoded, and taken out."""

import base64
import json
import re
import urllib.parse
from collections.abc import Iterator, Mapping

SHORTEST = 8  # a shorter value could not be told from other text


class Withheld:
    """Secret values by name."""

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take them; what is too short to be a secret is the caller's to refuse."""
        forms = {form: name for name, value in values.items() for form in _forms(value)}
        ordered = sorted(forms, key=len, reverse=True)
        self._names = forms
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def clean(self, text: str) -> str:
        """Return ``text`` with each value replaced by ``[NAME withheld]``."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: f"[{self._names[found[0]]} withheld]", text)

    def named_in(self, data: bytes) -> str:
        """Return the name of a value that stands in ``data``, empty if none does."""
        found = self._pattern.search(data.decode("utf-8", "replace")) if self._pattern else None
        return self._names[found[0]] if found else ""


def _forms(value: str) -> Iterator[str]:
    """Yield ``value`` as it is, and as programs write it: JSON, URL, hexadecimal, Base64."""
    raw = value.encode()
    yield value
    yield json.dumps(value)[1:-1]
    yield urllib.parse.quote(value, safe="")
    yield raw.hex()
    yield raw.hex().upper()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):  # where it stands in what was encoded
            text = encode(b"\0" * shift + raw).decode()
            yield text[(0, 2, 3)[shift] : len(text.rstrip("=")) - (1 if text.endswith("=") else 0)]
