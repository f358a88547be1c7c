"""What holds a bot that does not run: its decision log, beside the locks of its database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.bridge.state.identity import Account, account_of
from plimsoll.core import Mode, PlimsollError, UsageError, Verdict
from plimsoll.journal.latch_record import (
    STATE,
    Key,
    LatchRecord,
    last_start,
    lasting,
    read_latch,
    was_stamped,
)

if TYPE_CHECKING:
    from plimsoll.bridge.state.stamp import Stamp


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What a log says of an account.

    Attributes
    ----------
    account
        The config's, or the one that started last where the config's never did; ``None`` when
        there is neither.
    held
        What would be held by a start now, as far as the log and the database's stamp say.
    """

    account: Account | None
    held: Mapping[Key, Verdict]


def on_record(
    folder: StateFolder,
    config: Mapping[str, Any],
    db_url: str,
    now: datetime,
    *,
    pending: Mapping[str, Any] | None = None,
) -> OnRecord:
    """Return what the log in a folder holds; ``pending`` as in `read_latch`."""
    account, record = _of_account(folder, account_of(config), pending)
    held = lasting(record.held, now)
    if account is None:
        return OnRecord(None, held)
    from plimsoll.bridge.state.stamp import disagreement, may_pass
    from plimsoll.control.database import read_stamp

    stamp: Stamp | None = None
    try:
        stamp = read_stamp(db_url)
    except UsageError:  # there is none
        pass
    except PlimsollError:
        return OnRecord(account, held)
    reason = disagreement(
        record, stamp, account, was_stamped=partial(was_stamped, folder.decisions)
    )
    if reason is not None and not may_pass(stamp, account):
        held = {(STATE, None): Verdict(Mode.HALTED, STATE, reason), **held}
    return OnRecord(account, held)


def beside_locks(held: Mapping[Key, Verdict], shown: Sequence[tuple[str, str]]) -> list[str]:
    """Return in words what the log holds and no lock shows; ``shown`` are pairs and reasons."""
    from plimsoll.bridge.state.locks import ALL_PAIRS, lock_text

    texts = [(one.pair or ALL_PAIRS, lock_text(one)) for one in held.values()]
    return [
        text
        for pair, text in texts
        if not any(
            pair == known and said.startswith(text.partition(": ")[0] + ": ")
            for known, said in shown
        )
    ]


def _of_account(
    folder: StateFolder, wanted: Account | None, pending: Mapping[str, Any] | None
) -> tuple[Account | None, LatchRecord]:
    """Return the account whose latch is asked for, and its record."""
    decisions = folder.decisions
    if wanted is not None:
        record = read_latch(decisions, wanted.digest, pending=pending)
        if record.started:
            return wanted, record
    start = last_start(decisions)
    if start is None:  # only of a former version, or none
        return wanted, read_latch(decisions, None, pending=pending)
    known = Account(
        str(start["account"]), str(start.get("account_name")), live=start.get("mode") == "live"
    )
    return known, read_latch(decisions, known.digest, pending=pending)
