"""Passwords in a database's address: taken out before a notebook gets it, and handed to its kernel beside it."""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_plus

VARIABLE = "INCARE_EXTRACT_SECRET"
_PASSWORD = re.compile(r"^([\w.+-]+://[^:/@]*:)([^@]*)(?=@)")
# Keys after `?` whose values sign someone in; `odbc_connect` holds a whole address of another form.
_SECRET_KEY = re.compile(
    r"([?&](?:[^=&]*(?:password|passwd|passphrase|pwd|secret|token|key)[^=&]*|odbc_connect)=)([^&]*)", re.IGNORECASE
)


def apart(address: str) -> tuple[str, dict[str, str]]:
    """An address with each secret in it replaced by `${VARIABLE}`, and the variables with what they stand for.

    An executed notebook holds its parameters, so no secret may be one. What stands as `${NAME}` already is left.
    """
    kept: dict[str, str] = {}

    def out(found: re.Match, plain) -> str:
        if not found.group(2) or "${" in found.group(2):
            return found.group()
        name = f"{VARIABLE}_{len(kept) + 1}"
        kept[name] = plain(found.group(2))
        return f"{found.group(1)}${{{name}}}"

    address = _PASSWORD.sub(lambda found: out(found, unquote), address)
    return _SECRET_KEY.sub(lambda found: out(found, unquote_plus), address), kept
