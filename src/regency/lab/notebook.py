"""The lab's notebook: what was learned, kept in the ledger for those who come later."""

from collections.abc import Sequence

from regency.errors import BadInput, Refused
from regency.lab.lab import Lab
from regency.records import Actor, ActorKind, Agent, Note, plain

MOST_CHARACTERS = 2000
MOST_OF_ONE = 1000  # pages of one author
MOST_ABOUT = 20


def add(lab: Lab, author: Agent, text: str, about: Sequence[str] = ()) -> Note:
    """Put a page in the notebook.

    Args:
        lab: The lab.
        author: Who writes.
        text: What was learned, what failed and why.
        about: Ids of the candidates that it is about.

    Raises:
        BadInput: It is empty or too long, or there is no such candidate.
        Refused: This author has written too much.
    """
    text = text.strip()
    if not text:
        raise BadInput("the note is empty. Say what was learned, or what failed and why.")
    if len(text) > MOST_CHARACTERS:
        raise BadInput(
            f"the note has {len(text):,} characters, the most is {MOST_CHARACTERS:,}. Keep what "
            "those who come later can use."
        )
    if len(about) > MOST_ABOUT:
        raise BadInput(f"a note is about {MOST_ABOUT} candidates at most. Name the telling ones.")
    known = tuple(dict.fromkeys(lab.store.record(name).id for name in about))
    with lab.home.numbering():
        notes = read(lab)
        if sum(note.author.name == author.name for note in notes) >= MOST_OF_ONE:
            raise Refused(f"{author.name} has written {MOST_OF_ONE} notes, the most it may.")
        note = Note(f"n{len(notes) + 1}", author, text, known)
        lab.recorder.record(_actor(author), [("note", plain(note))])
    return note


def read(lab: Lab, about: str = "") -> tuple[Note, ...]:
    """Return the notebook's pages, oldest first.

    Args:
        lab: The lab.
        about: Only those on this candidate.
    """
    return tuple(n for n in lab.store.notes() if about in ("", *n.about))


def _actor(agent: Agent) -> Actor:
    human = agent.kind == ActorKind.HUMAN
    return Actor(ActorKind.HUMAN if human else ActorKind.AGENT, agent.name)
