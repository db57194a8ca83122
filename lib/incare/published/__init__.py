"""Published statistics to compare with."""

from incare.published.england import england

__all__ = ["england"]
