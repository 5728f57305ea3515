"""What changed, structurally: definitions, values, arguments, calls, imports, reach, control flow.

Facts only, computed from the text before and after; what anyone said about the change is for
`regency.oversee.claims`, how much it matters for `regency.oversee.risk`. Nothing is run.
"""

from regency.oversee.explain.facts import facts, gains

__all__ = ["facts", "gains"]
