"""The address of a bot's database as a person types it: of a file, or on a server."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from plimsoll.control.database_copy import POSTGRESQL, SQLITE
from plimsoll.core import UsageError
from plimsoll.core.addresses import without_password

KINDS = frozenset({SQLITE, POSTGRESQL})


def address_of(text: str) -> URL:
    """Return an address with the driver that it is asked by.

    Raises
    ------
    UsageError
        When it is of another kind, in memory, or its driver is missing, or its password divides
        it in the wrong place.
    """
    try:
        url = make_url(text)
        kind = url.get_backend_name()
        if kind == POSTGRESQL and url.drivername == POSTGRESQL:
            url = url.set(drivername="postgresql+psycopg")  # the driver that the extra brings
        dialect = url.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        kind = ""
    if kind not in KINDS:
        raise UsageError(
            "expected sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE, found "
            f"{without_password(text)!r}"
        )
    if "@" in (url.host or ""):  # a driver would name what follows the first as its host
        raise UsageError(
            f"expected a password whose @ is written %40, found {without_password(text)}"
        )
    if kind == SQLITE and url.database in (None, "", ":memory:"):
        raise UsageError(f"expected a database in a file, found {text!r}, which is in memory")
    try:
        dialect.import_dbapi()
    except ImportError as error:
        raise UsageError(
            f'PostgreSQL needs a driver ({error}): pip install "freqtrade-plimsoll[postgresql]"'
        ) from None
    return url


def shown(url: URL) -> str:
    """Return an address without its password."""
    return without_password(url.render_as_string(hide_password=True))
