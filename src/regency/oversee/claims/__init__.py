"""The claims check: what a rationale says of its change, held against change and measurements.

Every claim gets a verdict: it ``holds``, it ``fails`` (what was looked at contradicts it), or it
is ``unknown`` (nothing here can tell). To accuse somebody falsely is worse than to miss something:
a claim fails only on a fact that cannot be read otherwise. A claim is one sentence of untrusted
text: it is compared, never obeyed.
"""

from regency.oversee.claims.check import check_claims

__all__ = ["check_claims"]
