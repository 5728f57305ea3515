"""Reads runs and horizons from the forms that people have them in.

What each form needs is in ``docs/horizon.md``. Every number is checked, and every error names the
file, the line and the fix; what was left out or taken for granted becomes a remark of the report.
"""

from regency.measure.horizon.reading.gather import merged
from regency.measure.horizon.reading.inputs import Source, help_from, read

__all__ = ["Source", "help_from", "merged", "read"]
