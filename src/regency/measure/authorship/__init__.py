"""Who wrote the lines of a repository, at any revision and over time."""

from regency.measure.authorship.measure import Measured, Settings, measure

__all__ = ["Measured", "Settings", "measure"]
