"""The sample: authorities that do not exist, so that every notebook opens and runs before any real data is near.

`authority` makes the tables in memory, `write` writes folders, `embedded` gives the ready-made one.
"""

from incare.sample.authority import authority
from incare.sample.folders import embedded, write

__all__ = ["authority", "embedded", "write"]
