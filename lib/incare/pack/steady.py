"""Office files that are the same bytes whenever they are made: no clock in them, every part dated alike."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date

_EARLIEST = (1980, 1, 1, 0, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")


def steady(data: bytes, day: date) -> bytes:
    """A Word or Excel file with its parts in order and dated alike, made and changed on `day`."""
    stamp = f"{day.isoformat()}T00:00:00Z".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        # The list of parts stands first, as the standard asks.
        for name in sorted(given.namelist(), key=lambda each: (each != "[Content_Types].xml", each)):
            part = given.read(name)
            if name == "docProps/core.xml":
                part = _STAMP.sub(rb"\g<1>" + stamp + rb"\g<2>", part)
            made.writestr(zipfile.ZipInfo(name, _EARLIEST), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()
