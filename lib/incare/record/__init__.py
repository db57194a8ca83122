"""The record: an extract read, cleaned and joined up, with every row accounted for."""

from incare.record.files import ExtractError
from incare.record.read import Record, read

__all__ = ["ExtractError", "Record", "read"]
