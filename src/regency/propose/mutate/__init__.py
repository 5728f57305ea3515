"""Agent ``mutate``: learns which edits of a Python file pay; no model, no key.

`agent` proposes; `sites` finds what can be changed in a file (`literals`, `choices`, `siblings`,
`statements`), `learner` what to try next, `hunks` and `stack` carry edits from parent to parent.
"""

from regency.propose.mutate.agent import MutateProposer

__all__ = ["MutateProposer"]
