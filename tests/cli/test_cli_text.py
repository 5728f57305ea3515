from hypothesis import given
from hypothesis import strategies as st

from regency.cli.text import clean, one_line


def test_escape_sequences_and_bells_are_gone():
    assert clean("\x1b[31mred\x07\x9b2J\r") == "[31mred2J"


def test_bidirectional_overrides_are_gone():
    assert clean("a\u202egnp.exe\u2066b\u200b") == "agnp.exeb"


def test_lines_and_tabs_stay():
    assert clean("a\n\tb\r\nc") == "a\n\tb\nc"


def test_one_line_is_cut_with_a_mark():
    assert one_line("one\ntwo   three", 9) == "one two…"


@given(st.text())
def test_what_is_cleaned_has_no_control_and_is_stable(text):
    cleaned = clean(text)
    assert all(c in "\n\t" or c.isprintable() or c.isspace() for c in cleaned)
    assert "\x1b" not in cleaned
    assert clean(cleaned) == cleaned
    cleaned.encode()  # no lone surrogates


@given(st.text(), st.integers(2, 40))
def test_one_line_keeps_its_limit(text, limit):
    assert len(one_line(text, limit)) <= limit
    assert "\n" not in one_line(text, limit)
