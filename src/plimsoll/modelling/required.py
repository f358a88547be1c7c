"""Libraries that an extra installs."""

from importlib import import_module
from typing import Any

from plimsoll.core import PlimsollError


def extra_line(extra: str) -> str:
    """Return the command that installs an extra."""
    return f"pip install 'freqtrade-plimsoll[{extra}]'"


def required(library: str, *, extra: str = "models") -> Any:
    """Return an optional library.

    Raises
    ------
    PlimsollError
        When it is not installed; the message names the extra.
    """
    try:
        return import_module(library)
    except ImportError:
        raise PlimsollError(f"expected {library} to be installed: {extra_line(extra)}") from None
