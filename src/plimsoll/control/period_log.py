"""What a bot's decision log says of one span: guards' acts, operation, asked prices."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from plimsoll.control.bot_log import of_account
from plimsoll.journal.acts import ActsReader
from plimsoll.journal.asked_prices import AskedPricesReader
from plimsoll.journal.history import moment
from plimsoll.journal.kind import Kind
from plimsoll.journal.operation import Operation, OperationReader
from plimsoll.journal.reading import Reading
from plimsoll.performance.slippage import fills_frame

Record = Mapping[str, Any]

AN_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, eq=False)
class PeriodLog:
    """What a log says of a span.

    Attributes
    ----------
    acts
        What the guards did in it, in the shape of ``plimsoll.performance.guard_acts``; ``None``
        where no bot had begun.
    operation
        How the bot ran; ``None`` as well.
    fills
        Every fill of the whole log with the price that its order was decided at.
    head
        Hash of the last record of the account before the span's end; ``None`` without one.
    strategy
        That of the last start before the span's end.
    config, mode
        The config of that start, flat, and its mode.
    """

    acts: Mapping[str, Any] | None
    operation: Operation | None
    fills: pd.DataFrame
    head: str | None
    strategy: str | None
    config: Mapping[str, Any]
    mode: str | None


def read_period_log(
    folder: Path,
    account: str | None,
    start: datetime,
    end: datetime,
    *,
    length: timedelta | None = None,
    positions: Mapping[int, Mapping[str, Any]] | None = None,
) -> PeriodLog:
    """Read a decision log from ``start`` up to, but not with, ``end``; a bot may be writing it.

    ``account``, ``positions``: as `plimsoll.control.bot_log.read_bot_log` has them. ``length`` is
    that of the bot's candles, where its config does not say.
    """
    acts = ActsReader(start, end - AN_INSTANT)
    operation = OperationReader(start, end, length)
    asked = AskedPricesReader()
    begun: Record | None = None
    head: str | None = None
    for record in of_account(Reading().records(folder), account):
        operation.take(record)
        asked.take(record)
        if moment(record) >= end:
            continue
        acts.take(record)
        head = str(record["hash"])
        if record["kind"] == Kind.START:
            begun = record
    return PeriodLog(
        acts=None if begun is None else acts.section(positions),
        operation=operation.operation(),
        fills=fills_frame(asked.fills),
        head=head,
        strategy=None if begun is None else str(begun.get("strategy")),
        config={} if begun is None else dict(begun.get("config") or {}),
        mode=None if begun is None else str(begun.get("mode")),
    )
