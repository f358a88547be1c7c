"""The capital of a live account: its whole wallet without what trades have earned.

It is the same before and after every trade. It moves with transfers on the exchange's record
alone; whatever else moves the wallet is unexplained.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from math import isfinite

from freqtrade.persistence import KeyValueStore

from plimsoll.core import PlimsollError

KEY = "plimsoll_capital"


class UnreadableCapitalError(PlimsollError):
    """Capital was stored, but the value is none that this version writes."""


@dataclass(frozen=True, slots=True)
class Capital:
    """What was last accepted as the account's own money, in the stake currency.

    Attributes
    ----------
    usd
        The wallet without what was earned.
    at
        Up to when transfers are part of it; timezone-aware, UTC.
    beside_usd
        What was earned beside all trades, below zero for a loss: by positions of the bot that
        no trade knew, and that were closed.
    """

    usd: float
    at: datetime
    beside_usd: float = 0.0


def read_capital() -> Capital | None:
    """Return what was accepted last; ``None`` when nothing ever was.

    Raises
    ------
    UnreadableCapitalError
        When something was stored that cannot be read.
    """
    text = KeyValueStore.get_string_value(KEY)  # type: ignore[arg-type]
    if text is None:
        return None
    try:
        values = json.loads(text)
        usd, beside_usd = float(values["usd"]), float(values["beside_usd"])
        at = datetime.fromisoformat(values["at"])
        if isfinite(usd + beside_usd) and at.tzinfo is not None:
            return Capital(usd, at, beside_usd)
    except (TypeError, ValueError, KeyError):
        pass
    message = f'expected the capital under "{KEY}" in the bot\'s database, found {text!r}'
    raise UnreadableCapitalError(message)


def forget_capital() -> None:
    """Let the next start take the wallet as it is: a person has re-armed a stopped bot."""
    KeyValueStore.delete_value(KEY)  # type: ignore[arg-type]


def store_capital(capital: Capital) -> None:
    """Write what is accepted, in one commit."""
    values = {**asdict(capital), "at": capital.at.isoformat()}
    text = json.dumps(values, allow_nan=False)
    KeyValueStore.store_value(KEY, text)  # type: ignore[arg-type]
