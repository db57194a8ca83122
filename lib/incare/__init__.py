"""incare: quarterly analytical reports on children in care and care leavers."""

__version__ = "0.1.0"
