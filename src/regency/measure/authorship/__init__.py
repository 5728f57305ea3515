"""Who wrote the lines of a repository, at any revision and over time."""

from regency.measure.authorship.measure import measure
from regency.measure.authorship.result import Measured, Settings

__all__ = ["Measured", "Settings", "measure"]
