"""Checks of the record, for those who may not touch the ledger themselves."""

from collections.abc import Sequence
from pathlib import Path

from regency.lab.lab import Lab
from regency.ledger.log import verify_export
from regency.records import Json, plain


def check(lab: Lab, anchors: Sequence[str] = ()) -> dict[str, Json]:
    """Recompute the lab's whole record and return the report.

    Args:
        lab: The lab.
        anchors: Checkpoints kept elsewhere.
    """
    return dict(plain(lab.recorder.log.verify(anchors)))


def check_export(path: Path, key: str | None, anchors: Sequence[str] = ()) -> dict[str, Json]:
    """Check an exported record offline and return the report.

    Args:
        path: The export.
        key: Verifier key that is trusted; None: the export's own.
        anchors: Checkpoints kept elsewhere.
    """
    return dict(plain(verify_export(path, key, anchors)))
