"""Checks of the record, for those who may not touch the ledger themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from regency.errors import BadInput, LedgerError
from regency.lab.lab import Lab
from regency.ledger.anchors import Anchor
from regency.ledger.audit import verify_export
from regency.ledger.keys import COSIGNATURE, VerifierKey
from regency.ledger.note import PROOF, Inclusion
from regency.ledger.proof import is_proof, verify_proof
from regency.ledger.report import VerifyReport
from regency.records import Json, plain
from regency.repo.process import call

TAGS = ("refs/tags/generation/", "refs/tags/simulated/")


def check(lab: Lab, kept: Mapping[str, str], witnesses: Sequence[str] = ()) -> dict[str, Json]:
    """Recompute the lab's whole record and return the report.

    Args:
        lab: The lab.
        kept: Checkpoints kept elsewhere: name → text.
        witnesses: Verifier keys of witnesses who have to have cosigned.
    """
    tags = _tags(lab.home.root)
    anchors = [*_anchors(kept), *_of_tags(tags, "the lab's own tag", own=True)]
    report = lab.recorder.log.verify(anchors, _witnesses(witnesses))
    return dict(plain(_with_tags(report, tags, "the lab's own tag")))


def check_export(
    path: Path,
    key: str | None,
    kept: Mapping[str, str],
    witnesses: Sequence[str] = (),
    clone: Path | None = None,
) -> dict[str, Json]:
    """Check an exported record offline and return the report.

    Args:
        path: The export.
        key: Verifier key that is trusted; None: the export's own.
        kept: Checkpoints kept elsewhere: name → text.
        witnesses: Verifier keys of witnesses who have to have cosigned.
        clone: A git repository whose generation tags are anchors.

    Raises:
        BadInput: A file or key cannot be used, or the repository has no generation's tag.
    """
    anchors, tags = _anchors(kept), dict[str, tuple[str, str]]()
    if clone is not None:
        tags = _tags(clone)
        if not tags:
            raise BadInput(f"{clone} has no tag of a generation: fetch them with `git fetch -t`.")
        anchors += _of_tags(tags, "the tag", own=False)
    report = verify_export(path, key, anchors, _witnesses(witnesses))
    return dict(plain(_with_tags(report, tags, "the tag")))


def check_proof(
    text: str, key: str | None, kept: Mapping[str, str], witnesses: Sequence[str] = ()
) -> dict[str, Json]:
    """Check one proof offline and return the report.

    Args:
        text: A tlog-proof with its entry, or a consistency proof.
        key: Verifier key of the log.
        kept: The checkpoint that a consistency proof starts from: name → text.
        witnesses: Verifier keys of witnesses who have to have cosigned.

    Raises:
        BadInput: There is no key, or no single checkpoint to start from.
    """
    if key is None:
        raise BadInput("a proof is checked with the log's public key: give it with --key.")
    if len(kept) > 1:
        raise BadInput("a proof starts from one checkpoint: give --since once.")
    anchor = next(iter(_anchors(kept)), None)
    report = verify_proof(text, VerifierKey.parse(key), anchor, _witnesses(witnesses))
    return dict(plain(report))


def looks_like_proof(path: Path) -> bool:
    """Return whether a file begins as a proof does."""
    try:
        with path.open("rb") as file:
            return is_proof(file.read(len(PROOF) + 1).decode("utf-8", "replace"))
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}).") from error


def extension(lab: Lab, name: str, text: str) -> str:
    """Return the proof that the record extends what it was at a checkpoint.

    Args:
        lab: The lab.
        name: Where the checkpoint comes from.
        text: The checkpoint, as it was kept.

    Raises:
        LedgerError: It is no checkpoint of this lab, or the record does not extend it.
    """
    anchor = Anchor(name, text)
    head, log = anchor.open(lab.recorder.key.verifier), lab.recorder.log
    if head.size > log.size:
        raise LedgerError(f"{name} counts {head.size} entries, the record has only {log.size}.")
    if log.root_at(head.size) != head.root:
        raise LedgerError(f"the record does not extend {name}: its first entries were rewritten.")
    return log.prove_extension(head.size)


def entry_of(text: str) -> bytes:
    """Return the canonical text of the entry that a proof carries."""
    return Inclusion.parse(text).extra


def _anchors(kept: Mapping[str, str]) -> list[Anchor]:
    return [Anchor(name, text) for name, text in kept.items()]


def _witnesses(texts: Sequence[str]) -> list[VerifierKey]:
    return [VerifierKey.parse(text, COSIGNATURE) for text in texts]


def _tags(folder: Path) -> dict[str, tuple[str, str]]:
    """Return every generation's tag in a repository, bare or not: name → commit, text."""
    shape = "--format=%(refname:strip=2)%00%(*objectname)%00%(contents)%00"
    fields = call(["for-each-ref", shape, *TAGS], cwd=folder).decode("utf-8", "replace").split("\0")
    rows = zip(fields[0::3], fields[1::3], fields[2::3], strict=False)
    return {name.strip("\n"): (commit, text) for name, commit, text in rows}


def _of_tags(tags: Mapping[str, tuple[str, str]], what: str, *, own: bool) -> list[Anchor]:
    return [Anchor(f"{what} {name}", text, own) for name, (_, text) in tags.items()]


def _with_tags(
    report: VerifyReport, tags: Mapping[str, tuple[str, str]], what: str
) -> VerifyReport:
    """Add to a report what git's tags and the record's generations say of each other."""
    wrong = [
        f"{what} {name} is on {commit[:12] or 'no commit'}, the record says "
        + (f"{report.generations[name][:12]}." if name in report.generations else "nothing of it.")
        for name, (commit, _) in tags.items()
        if report.generations.get(name) != commit
    ]
    problems = (*report.problems, *wrong)
    return replace(report, ok=not problems, problems=problems)
