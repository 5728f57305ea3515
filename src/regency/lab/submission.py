"""Proposals from outside: from a folder, a commit or a patch to a proposal; and the way back.

Decides nothing on what may change: admission screens these like all others.
"""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from regency.errors import BadInput
from regency.lab.home import hidden
from regency.lab.lab import Lab
from regency.lab.patching import patched
from regency.records import Agent, FileEdit, Proposal
from regency.repo.encoding import EXECUTABLE, REGULAR
from regency.repo.git import Repo
from regency.repo.tree import edits_between

MAX_BYTES = 32 << 20
SKIPPED = {".git", ".regency", "__pycache__", ".venv"}
TRAILER = "Regency-Candidate: "
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
_MOST = 200  # characters of a model's or session's name
LONGEST_LINE = 100  # commits looked through for the candidate that a commit was made from


@dataclass(frozen=True, slots=True)
class Source:
    """Where the change is: one of a folder, a commit and a patch; and its parent, if told."""

    worktree: str | None = None
    commit: str | None = None
    patch: str | None = None
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A change written out: a unified diff, or whole files (None deletes); and its parent.

    With both, the files are changed after the diff. Without a parent it is the champion.
    """

    files: Mapping[str, str | None]
    patch: str | None = None
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of the change, and by whom."""

    rationale: str
    claims: tuple[str, ...]
    agent: Agent


def proposal(lab: Lab, source: Source, words: Words) -> Proposal:
    """Return the proposal in ``source``.

    Raises:
        BadInput: It cannot be read, or it changes nothing.
    """
    parent = _parent(lab, source)
    after = _without_rules(lab, parent, _after(lab, source, dict(lab.files(parent))))
    return _between(lab, parent, after, words, _special(lab, source, parent))


def proposal_of_text(lab: Lab, change: Written, words: Words) -> Proposal:
    """Return the proposal that is written out in ``change``; reads no file outside the lab.

    Raises:
        BadInput: It cannot be read, it does not fit the parent, or it changes nothing.
    """
    parent = lab.store.record(change.parent or lab.store.champion()).id
    before = dict(lab.files(parent))
    after = patched(before, change.patch) if change.patch is not None else before
    for path, text in change.files.items():
        if text is not None:
            after[path] = text.encode()
        elif after.pop(path, None) is None:
            raise BadInput(f"{path[:200]!r} is not there to be deleted. Name a file of {parent}.")
    return _between(lab, parent, after, words)


def agent_named(name: str, model: str = "", session: str = "", version: str = "") -> Agent:
    """Return an agent from outside that names itself.

    Raises:
        BadInput: The name cannot be one, or the rest is no plain text.
    """
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"{name[:80]!r} cannot be an agent's name: use up to 64 letters, digits, "
            "spaces and . _ -"
        )
    for said in (model, session, version):
        if len(said) > _MOST or not said.isprintable():
            raise BadInput(f"{said[:80]!r} is no name: give at most {_MOST} plain characters.")
    return Agent(name, "external", model, version, session=session)


def _between(
    lab: Lab, parent: str, after: Mapping[str, bytes], words: Words,
    special: tuple[FileEdit, ...] = (),
) -> Proposal:  # fmt: skip
    named = {edit.path for edit in special}
    usual = (e for e in edits_between(dict(lab.files(parent)), after) if e.path not in named)
    edits = (*usual, *special)
    if not edits:
        raise BadInput(f"this changes nothing against {parent}. Change an editable file first.")
    return Proposal(edits, words.rationale, words.agent, words.claims, parent=parent)


def write_tree(target: Path, files: Mapping[str, bytes], parent: str) -> None:
    """Write ``files`` to a new repository of one commit: no history, no remotes.

    Raises:
        BadInput: ``target`` is there already.
    """
    if target.exists():
        raise BadInput(f"{target} is there already. Give a new folder.")
    for path, content in files.items():
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    message = f"Start from {parent}\n\n{TRAILER}{parent}\n"
    Repo.create(target, message, ("Regency", "regency@localhost")).close()


def _parent(lab: Lab, source: Source) -> str:
    if source.parent:
        return lab.store.record(source.parent).id
    if source.commit is not None:
        return _ancestor(lab, lab.repo, lab.repo.resolve(source.commit))
    if source.worktree is not None and (repo := _own_repo(Path(source.worktree))):
        try:
            return _ancestor(lab, repo, repo.head())
        finally:
            repo.close()
    return lab.store.champion()


def _ancestor(lab: Lab, repo: Repo, commit: str) -> str:
    """Return the candidate that ``commit`` grew from by first parents, else the champion."""
    start = lab.store.record("c0").commit
    for _ in range(LONGEST_LINE):
        if commit == start:
            return "c0"
        named = [ln for ln in repo.message(commit).splitlines() if ln.startswith(TRAILER)]
        if named and _known(lab, named[-1].removeprefix(TRAILER).strip()):
            return named[-1].removeprefix(TRAILER).strip()
        parents = repo.parents(commit)
        if not parents:
            break
        commit = parents[0]
    return lab.store.champion()


def _known(lab: Lab, name: str) -> bool:
    try:
        return bool(lab.store.candidate(name))
    except BadInput:
        return False


def _after(lab: Lab, source: Source, before: Mapping[str, bytes]) -> dict[str, bytes]:
    if source.commit is not None:
        commit = lab.repo.resolve(source.commit)
        return lab.repo.read(commit, list(lab.repo.files(commit)))
    if source.patch is not None:
        return patched(before, _patch_text(source.patch))
    folder = Path(source.worktree or ".")
    found = _folder(folder)
    # A folder that is no repository holds what was changed: it cannot tell what was deleted.
    return found if (folder / ".git").exists() else {**before, **found}


def _special(lab: Lab, source: Source, parent: str) -> tuple[FileEdit, ...]:
    """Return what a commit brings in that is no plain file, so that the screen can name it."""
    if source.commit is None:
        return ()
    before = lab.repo.files(lab.store.record(parent).commit)
    after = lab.repo.files(lab.repo.resolve(source.commit))
    return tuple(
        FileEdit(path, b"", mode)
        for path, (mode, oid) in sorted(after.items())
        if mode not in (REGULAR, EXECUTABLE) and before.get(path) != (mode, oid)
    )


def _without_rules(lab: Lab, parent: str, after: dict[str, bytes]) -> dict[str, bytes]:
    """Return ``after`` without the rule files that are as they were: agents never have those."""
    commit = lab.store.record(parent).commit
    names = hidden(lab.config, set(lab.repo.files(commit)))
    rules = lab.repo.read(commit, sorted(names))
    return {path: text for path, text in after.items() if rules.get(path) != text}


def _own_repo(folder: Path) -> Repo | None:
    """Return the repository whose root is ``folder``, if there is one."""
    if not (folder / ".git").exists():
        return None
    repo = Repo.discover(folder)
    return repo if Path(repo.root).resolve() == folder.resolve() else None


def _folder(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        raise BadInput(f"{folder} is not a folder. Give the folder with the changed files.")
    repo = _own_repo(folder)
    names = _walked(folder)
    if repo is not None:  # what git ignores is not part of the change
        known = {*repo.files(repo.head()), *repo.dirty()}
        names = [name for name in names if name in known]
        repo.close()
    return _read_all(folder, names)


def _walked(folder: Path) -> list[str]:
    found = []
    for top, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - SKIPPED)
        inside = Path(top).relative_to(folder)
        found += [(inside / name).as_posix() for name in sorted(files) if name not in SKIPPED]
    return found


def _read_all(folder: Path, names: list[str]) -> dict[str, bytes]:
    found, size = {}, 0
    for name in names:
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise BadInput(f"{path} is no regular file. Replace links by files.")
        size += path.stat().st_size
        if size > MAX_BYTES:
            raise BadInput(
                f"{folder} holds more than {MAX_BYTES >> 20} MiB. Remove what is not code."
            )
        found[name] = path.read_bytes()
    return found


def _patch_text(name: str) -> str:
    if name == "-":
        return sys.stdin.read(MAX_BYTES)
    try:
        raw = Path(name).read_bytes()
    except OSError as error:
        raise BadInput(f"the patch {name} cannot be read: {error.strerror}.") from error
    if len(raw) > MAX_BYTES or b"\0" in raw:
        raise BadInput(f"the patch {name} is binary or too big. Give a unified diff of text.")
    return raw.decode(errors="surrogateescape")
