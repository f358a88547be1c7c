"""A stamp in the bot's database, renewed at every start, by which log and database know each other.

The database has the stamp of the last start and of the one before, the start's record the same: a
database that is new, another one or restored from a backup does not fit the log beside it.
"""

import json
import secrets
from dataclasses import asdict, dataclass

from freqtrade.persistence import KeyValueStore

from plimsoll.bridge.state.identity import Account
from plimsoll.journal.latch_record import LatchRecord

KEY = "plimsoll_state"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a database says of itself: whose it is, and its last two starts.

    ``current`` is empty when what was stored cannot be read, which fits no log.
    """

    account: str
    current: str
    previous: str | None = None


def read_stamp() -> Stamp | None:
    """Return the database's stamp; ``None`` when it has none."""
    return stamp_in(KeyValueStore.get_value(KEY))  # type: ignore[arg-type]


def write_stamp(stamp: Stamp) -> None:
    """Store a stamp in one commit."""
    KeyValueStore.store_value(KEY, json.dumps(asdict(stamp)))  # type: ignore[arg-type]


def stamp_in(value: object) -> Stamp | None:
    """Return the stamp that a stored value means; ``None`` for no value."""
    if value is None:
        return None
    try:
        values = json.loads(str(value))
        return Stamp(str(values["account"]), str(values["current"]), values["previous"])
    except (KeyError, TypeError, ValueError):
        return Stamp("", "")


def new_stamp(account: str, record: LatchRecord) -> Stamp:
    """Return the stamp of a start that follows what is on record."""
    return Stamp(account, secrets.token_hex(6), record.stamp)


def may_pass(stamp: Stamp | None, account: Account) -> bool:
    """Return whether a disagreement halts nobody: a paper database that is new, or another's.

    Paper databases come and go. What log or locks hold is held all the same.
    """
    if account.live:
        return False
    return stamp is None or bool(stamp.account and stamp.account != account.digest)


def disagreement(record: LatchRecord, stamp: Stamp | None, account: Account) -> str | None:
    """Return why log and database do not belong together; ``None`` when they do."""
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
    return (
        "database and decision log are not of the same last start: one of them was restored, or "
        "exchanged"
    )
