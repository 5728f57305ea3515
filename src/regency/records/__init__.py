"""The records that cross a boundary: what stages take and give, and what the ledger keeps.

Frozen, slotted dataclasses of plain values. Units are in the names, times are UTC. `plain` turns
any of them into JSON-ready values and `build` turns those back. Nothing here knows a stage, a
store or a file.
"""

from regency.records.actor import PART, Actor, ActorKind, Agent
from regency.records.codec import Json, build, plain
from regency.records.entry import Entry, Event, now, seconds_since
from regency.records.experiment import Note, Tried, Try
from regency.records.minimised import Minimised
from regency.records.packet import (
    Change,
    ClaimCheck,
    Condition,
    Decision,
    Fact,
    Factor,
    Generation,
    Packet,
    Ruling,
    is_rules,
    packet_of,
)
from regency.records.proposal import (
    Attempt,
    Brief,
    Candidate,
    FileEdit,
    Proposal,
    Review,
)
from regency.records.signature import Signature
from regency.records.trial import (
    Batch,
    Job,
    Limits,
    Outcome,
    Purpose,
    Trial,
    TrialRequest,
    is_script,
)
from regency.records.verdict import (
    Answer,
    Calibration,
    Finding,
    Nomination,
    Verdict,
)

__all__ = [
    "PART",
    "Actor",
    "ActorKind",
    "Agent",
    "Answer",
    "Attempt",
    "Batch",
    "Brief",
    "Calibration",
    "Candidate",
    "Change",
    "ClaimCheck",
    "Condition",
    "Decision",
    "Entry",
    "Event",
    "Fact",
    "Factor",
    "FileEdit",
    "Finding",
    "Generation",
    "Job",
    "Json",
    "Limits",
    "Minimised",
    "Nomination",
    "Note",
    "Outcome",
    "Packet",
    "Proposal",
    "Purpose",
    "Review",
    "Ruling",
    "Signature",
    "Trial",
    "TrialRequest",
    "Tried",
    "Try",
    "Verdict",
    "build",
    "is_rules",
    "is_script",
    "now",
    "packet_of",
    "plain",
    "seconds_since",
]
