"""The record: an extract read, cleaned and joined up, with every row accounted for."""

from incare.record.assemble import Record
from incare.record.files import ExtractError
from incare.record.read import fingerprint, read

__all__ = ["ExtractError", "Record", "fingerprint", "read"]
