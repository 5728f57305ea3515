"""Review of a range of commits of any git repository: no lab, no metric.

Reads the repository only, but for a decision, which is a git note on the range's last commit.
"""

from regency.ranges.records import Asked, Check, CommitClaim, Decided, Part, RangeReview
from regency.ranges.review import review

__all__ = ["Asked", "Check", "CommitClaim", "Decided", "Part", "RangeReview", "review"]
