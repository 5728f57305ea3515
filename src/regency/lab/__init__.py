"""The lab: opens and makes labs, runs the loop, takes decisions; the ledger's only writer."""

from regency.lab.create import create
from regency.lab.lab import Lab

__all__ = ["Lab", "create"]
