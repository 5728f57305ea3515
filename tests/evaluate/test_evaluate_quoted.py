import keyword
import random
from pathlib import Path

import pytest

from regency.evaluate.quoted import Quoted
from regency.lab import Lab
from regency.records import Agent, Answer, FileEdit, Proposal
from toy_lab import MODEL, make_toy_lab

WORDS = [*keyword.kwlist, *dir(str), *dir(random), "weather", "harbour", "seven", "ledger"]


def prose(seed: int, words: int = 3000) -> str:
    rng = random.Random(seed)
    drawn = [rng.choice(WORDS) + rng.choice((" ", " ", ", ", ".\n")) for _ in range(words)]
    return "".join(drawn)


HIDDEN, OTHER = prose(1), prose(2)


@pytest.fixture(scope="module")
def quoted(tmp_path_factory) -> Quoted:
    folder = tmp_path_factory.mktemp("private")
    (folder / "docs").mkdir()
    (folder / "docs" / "a.txt").write_text(HIDDEN)
    (folder / "docs" / "b.txt").write_text(prose(3))
    return Quoted(folder)


def edit(text: str) -> list[FileEdit]:
    return [FileEdit("train.py", text.encode())]


def test_a_long_quote_is_found_wherever_it_begins(quoted: Quoted):
    rng = random.Random(1)
    for _ in range(20):
        at = rng.randrange(len(HIDDEN) - 3000)
        text = f'TABLE = """{HIDDEN[at : at + 3000]}"""\n'
        assert "hidden data" in quoted.fault(edit("x = 1\n" + text), {})


def test_other_text_of_the_same_kind_and_code_are_no_quotes(quoted: Quoted):
    assert quoted.fault(edit(f'TABLE = """{OTHER}"""\n'), {}) == ""
    assert quoted.fault(edit(Path(__file__).read_text()), {}) == ""
    assert quoted.fault([FileEdit("train.py", None)], {"train.py": b"x"}) == ""


def test_what_stood_there_before_is_nobodys_fault(quoted: Quoted):
    old = f'TABLE = """{HIDDEN[:3000]}"""\n'
    assert quoted.fault(edit(old + "x = 2\n"), {"train.py": old.encode()}) == ""


def test_without_hidden_documents_nothing_is_quoted(tmp_path: Path):
    assert Quoted(tmp_path).fault(edit(HIDDEN), {}) == ""


def test_a_candidate_that_quotes_hidden_text_is_invalid(tmp_path: Path):
    folder = make_toy_lab(tmp_path / "lab")
    (folder / ".regency" / "private" / "data" / "held-out.txt").write_text(HIDDEN)
    text = MODEL.replace("X = 1.0", f'X = 1.0\nKNOWN = """{HIDDEN[200:800]}"""')
    with Lab.open(folder) as lab:
        proposal = Proposal((FileEdit("model.py", text.encode()),), "It knows.", Agent("a", "x"))
        [(_, verdict)] = lab.tell([proposal])
    assert verdict is not None
    assert verdict.answer is Answer.INVALID
    assert "hidden data" in verdict.reason
