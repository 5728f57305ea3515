"""What minimising a champion came to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Minimised:
    """The smallest part of a champion's net change that was found to keep its gain.

    Attributes:
        head: The champion that it was made of.
        candidate: The candidate that holds it; ``head`` itself if nothing could be left out.
        base_generation: Number of the generation that the net change starts from.
        epoch: Epoch of the trials.
        lines_before: Added plus removed lines of the net change before.
        lines_after: And after.
        margin: Most that may be lost of the gain, metric units.
        dropped: What was left out, one line each.
        variants: Trees that were tried.
        pairs: Pairs of runs that this took.
        note: What the search did not do, one sentence; empty if it went to the end.
    """

    head: str
    candidate: str
    base_generation: int
    epoch: int
    lines_before: int
    lines_after: int
    margin: float
    dropped: tuple[str, ...] = ()
    variants: int = 0
    pairs: int = 0
    note: str = ""
