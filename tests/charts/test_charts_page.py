"""Pages: one file, nothing from outside, harmless whatever is in it."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from regency.charts import (
    Axis,
    Chart,
    Figure,
    Heading,
    Items,
    Page,
    Prose,
    Sheet,
    Warned,
    compose,
    draw,
)

EVIL = "<img src=x onerror=alert(1)>"


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.seen, self.open, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)


def page(text="x"):
    drawing = draw(Chart(text, Axis(text), Axis(text), ()))
    sheet = Sheet((text, "n"), ((text, "1"),), text, text, right=("n",))
    parts = (Heading(text), Prose(text), Warned(text), Items((text,)), sheet)
    return compose(Page(text, text, (*parts, Figure(drawing, text, text)), text))


def test_texts_cannot_become_markup():
    tags = Tags(page(EVIL))
    names = {tag for tag, _ in tags.seen}
    assert not names & {"img", "script", "link", "iframe", "object"}
    for _, attributes in tags.seen:
        assert not any(name.startswith("on") or name in ("style", "src") for name in attributes)


def test_its_policy_allows_its_own_style_only():
    text = page()
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest}'" in policy


def test_every_figure_and_table_has_its_command():
    text = page("regency measure horizon runs.csv")
    assert text.count("<code>regency measure horizon runs.csv</code>") == 2


def test_tables_align_numbers():
    assert '<td class="right">1</td>' in page()
