"""Addresses of databases, as they may be shown to anybody."""

import re

_USER = re.compile(r"(://[^:/@\s]*):\S*@")
_OPTION = re.compile(r"((?:ssl)?password=)[^&\s'\"]+", re.IGNORECASE)


def without_password(text: str) -> str:
    """Return a text without the passwords of the addresses in it.

    Of one that holds a ``/`` or an ``@``, too, and of one that is an option of the address.
    """
    return _OPTION.sub(r"\1***", _USER.sub(r"\1:***@", text))
