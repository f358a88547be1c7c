"""Each fill with the price that its order was decided at, from the decision log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from plimsoll.journal.history import moment
from plimsoll.journal.kind import Kind

Record = Mapping[str, Any]

LONGEST_WAY = timedelta(hours=1)
"""A fill that comes later is not of that order: it was cancelled, and a stop or another came."""


@dataclass(slots=True)
class AskedPricesReader:
    """Takes a log's records, oldest first, and keeps a row a fill.

    ``fills`` have ``time``, ``pair``, ``amount`` (base units, above 0: bought), ``asked`` (NaN
    where no order of it is on record) and ``price``.
    """

    fills: list[dict[str, Any]] = field(default_factory=list)
    _orders: dict[tuple[Any, bool], Record] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        """Take the next record."""
        if record["kind"] == Kind.ORDER:
            closes = str(record.get("side")).startswith("close")
            self._orders[record.get("trade" if closes else "pair"), closes] = record
        elif record["kind"] == Kind.FILL:
            self._take_fill(record)

    def _take_fill(self, record: Record) -> None:
        price, amount = record.get("price"), record.get("amount")
        if not (_is_number(price) and _is_number(amount)):
            return
        closes, at = bool(record.get("closes")), moment(record)
        order = self._orders.pop((record.get("trade" if closes else "pair"), closes), None)
        asked = None if order is None else order.get("price")
        on_its_way = order is not None and at - moment(order) <= LONGEST_WAY
        sign = 1.0 if record.get("side") == "buy" else -1.0
        self.fills.append(
            {
                "time": at,
                "pair": str(record.get("pair")),
                "amount": sign * float(amount),  # type: ignore[arg-type]
                "asked": float(asked) if on_its_way and _is_number(asked) else float("nan"),  # type: ignore[arg-type]
                "price": float(price),  # type: ignore[arg-type]
            }
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
