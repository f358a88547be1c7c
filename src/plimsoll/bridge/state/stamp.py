"""A stamp by which decision log and database know each other, renewed at starts and while running.

The database has the newest stamp and the one before, and every stamp is in the log: a database
that is new, another one or restored from a backup does not fit the log beside it.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta

from freqtrade.persistence import KeyValueStore

from plimsoll.bridge.state.identity import Account
from plimsoll.journal.latch_record import LatchRecord

KEY = "plimsoll_state"

RENEWED_EVERY = timedelta(hours=1)
"""How old a running bot's stamp gets, by its clock, when no order is filled meanwhile.

A backup of the database that is older than the last renewal is known for one.
"""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a database says of itself: whose it is, and its last two stamps.

    ``current`` is empty when what was stored cannot be read, which fits no log. Both are the same
    once the log has ``current`` as well.
    """

    account: str
    current: str
    previous: str | None = None


def read_stamp() -> Stamp | None:
    """Return the database's stamp; ``None`` when it has none."""
    return stamp_in(KeyValueStore.get_value(KEY))  # type: ignore[arg-type]


def write_stamp(stamp: Stamp) -> None:
    """Store a stamp in one commit."""
    KeyValueStore.store_value(KEY, stamp_text(stamp))  # type: ignore[arg-type]


def stamp_text(stamp: Stamp) -> str:
    """Return a stamp as it is stored."""
    return json.dumps(asdict(stamp))


def stamp_in(value: object) -> Stamp | None:
    """Return the stamp that a stored value means; ``None`` for no value."""
    if value is None:
        return None
    try:
        values = json.loads(str(value))
        return Stamp(str(values["account"]), str(values["current"]), values["previous"])
    except (KeyError, TypeError, ValueError):
        return Stamp("", "")


def new_stamp(account: str, logged: str | None) -> Stamp:
    """Return a stamp that follows the newest one in the log."""
    return Stamp(account, secrets.token_hex(6), logged)


def may_pass(stamp: Stamp | None, account: Account) -> bool:
    """Return whether a disagreement halts nobody: a paper database that is new, or another's.

    Paper databases come and go. What log or locks hold is held all the same.
    """
    if account.live:
        return False
    return stamp is None or bool(stamp.account and stamp.account != account.digest)


def disagreement(
    record: LatchRecord,
    stamp: Stamp | None,
    account: Account,
    *,
    was_stamped: Callable[[str], bool],
) -> str | None:
    """Return why log and database do not belong together; ``None`` when they do.

    ``was_stamped`` says whether a stamp is anywhere in the log.
    """
    if stamp is None:
        if record.stamp is None:
            return None
        return (
            "the database is new, or another one than at the last start (Freqtrade's default "
            "database lies in the current folder)"
        )
    if stamp.account != account.digest:
        return f"the database belongs to another account than {account.name}"
    if record.stamp in (stamp.current, stamp.previous):
        return None
    if not record.started:
        return "the decision log of this account is gone, and with it what was held"
    if was_stamped(stamp.current):
        return "the database is older than the decision log: a backup was put back, or another one"
    return (
        "the decision log does not know the database's last stamp: one of them was restored, or "
        "exchanged"
    )
