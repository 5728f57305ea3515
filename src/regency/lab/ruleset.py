"""Pending changes of the lab's rules: edits in the working tree that a person has to decide on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from regency.config import Rule, parse
from regency.errors import BadInput, Refused
from regency.lab import checks, epochs, ground
from regency.lab.home import SETTINGS, rules
from regency.lab.opened import Opened
from regency.oversee import policy
from regency.records import Decision, Json, Ruling
from regency.repo import diff

Waiting = tuple[str, dict[str, bytes | None]]


def pending_rules(lab: Opened) -> Waiting | None:
    """Return the pending change of the rules as (item id, files), or None if there is none.

    The id is a digest of what would come into force, so that a decision on one edit can never
    count for another.
    """
    files = epochs.pending(lab.home, lab.epoch)
    if not files:
        return None
    text = json.dumps({n: epochs.digest_of(c or b"") for n, c in sorted(files.items())})
    return f"lab-{epochs.digest_of(f'{lab.epoch.number}{text}'.encode())[:16]}", files


def demanded(lab: Opened, item: str) -> Waiting:
    """Return the pending change called ``item``.

    Raises:
        BadInput: It is not what is pending now.
    """
    waiting = pending_rules(lab)
    if waiting is None or waiting[0] != item:
        now = f"pending now is {waiting[0]}" if waiting else "nothing is pending now"
        raise BadInput(
            f"there is no pending lab change {item!r}; {now}. If the files were edited since you "
            "looked, look again: regency review."
        )
    return waiting


def rule_on_rules(lab: Opened, waiting: Waiting, extra: Sequence[Decision] = ()) -> Ruling:
    """Return what policy says of a pending change of the rules."""
    item, files = waiting
    facts = policy.facts_of_rules(
        sorted(files), _lines(lab, files), lab.config.score.trust,
        autonomy=lab.config.oversight.autonomy,
    )  # fmt: skip
    in_force: list[Rule] = lab.config.oversight.rules
    return policy.rule_on_rules(in_force, facts, (*lab.store.decisions(item), *extra))


def prepared(lab: Opened, waiting: Waiting) -> tuple[int, dict[str, Json]]:
    """Make ready the epoch that a pending change asks for; return its number and ledger entry.

    Takes what was decided on, not what the working tree holds by now.

    Raises:
        ConfigError: The new rules cannot work.
        Refused: A rule file would be gone.
    """
    _, files = waiting
    text = (files.get(SETTINGS) or _in_force(lab, SETTINGS)).decode()
    config = parse(text)
    present = set(lab.repo.files(lab.repo.head()))
    checks.check(config, present)
    names = rules(config, present)
    contents = {name: _content(lab, files, name) for name in names}
    number = lab.epoch.number + 1
    epochs.copy_rules(lab.home, number, contents)
    start = ground.writer(lab.repo, lab.commit(lab.store.generation().candidate), config)
    if config.data.draw == lab.config.data.draw:
        ground.demand_data(lab.home, config)
        proved = ground.prove(lab.home, config, number, start, unsafe=False)
        return number, epochs.opened(lab.home, number, text, names, proved)
    # In a folder of its own: the old data stay in force until the ledger says otherwise.
    home = replace(lab.home, folder=f"data-{number}")
    proved = ground.prepare(home, config, start, unsafe=False, say=lambda _: None, number=number)
    return number, epochs.opened(home, number, text, names, proved)


def _content(lab: Opened, files: Mapping[str, bytes | None], name: str) -> bytes:
    if name in files:
        content = files[name]
        if content is None:
            raise Refused(f"{name} makes the rules and is gone. Bring it back, then decide.")
        return content
    return _in_force(lab, name)


def _in_force(lab: Opened, name: str) -> bytes:
    path = lab.home.epoch(lab.epoch.number) / name
    # A file that the rules name only now is taken from the commit.
    return path.read_bytes() if path.is_file() else (lab.home.root / name).read_bytes()


def _lines(lab: Opened, files: Mapping[str, bytes | None]) -> int:
    before = {name: _in_force(lab, name) for name in files}
    after = {name: content for name, content in files.items() if content is not None}
    return sum(diff.changed_lines_of(before, after))
