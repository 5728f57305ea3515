"""Who wrote the lines of a repository, at any revision and over time."""

from regency.measure.authorship.measure import lines_of, measure
from regency.measure.authorship.result import Line, Measured, Settings

__all__ = ["Line", "Measured", "Settings", "lines_of", "measure"]
