"""The closed trades of the loop as the frame that Freqtrade's own tools read."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.data.btanalysis.bt_fileutils import BT_DATA_COLUMNS
from freqtrade.enums import ExitType

from plimsoll.bridge.guarding.exits import OUR_EXIT
from plimsoll.lab.fast_lane.market import NO_TAG, Packed
from plimsoll.lab.fast_lane.records import (
    CLOSING,
    FORCED,
    LIQUIDATION,
    ROI,
    SIGNAL,
    STOP,
    TRAILING,
)

REASONS = {
    ROI: ExitType.ROI.value,
    STOP: ExitType.STOP_LOSS.value,
    TRAILING: ExitType.TRAILING_STOP_LOSS.value,
    LIQUIDATION: ExitType.LIQUIDATION.value,
    SIGNAL: ExitType.EXIT_SIGNAL.value,
    FORCED: ExitType.FORCE_EXIT.value,
}


def frame_of(closed: np.ndarray, packed: Packed, *, fee: float, rules: list[str]) -> pd.DataFrame:
    """Return the frame of ``trade_list_to_dataframe``.

    ``rules`` are the names of the guards that closed a trade, by number from 1 on.
    """
    if len(closed) == 0:
        return pd.DataFrame.from_records([], columns=BT_DATA_COLUMNS)
    with _uncollected():
        columns = _worded(closed, Words(packed, rules), fee) | _numbers(closed, fee)
        return pd.DataFrame({name: columns[name] for name in BT_DATA_COLUMNS}, copy=False)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Make many small objects without looking for cycles among all others in between."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Words:
    """The words that the loop's numbers stand for."""

    def __init__(self, packed: Packed, rules: list[str]) -> None:
        self.pairs, self._tags, self._rules = packed.pairs, packed.tags, rules

    def tag(self, number: int) -> Any:
        """Return a tag."""
        return None if number == NO_TAG else self._tags[number]

    def reason(self, kind: int, tag: int) -> Any:
        """Return why a trade was closed."""
        if kind == CLOSING:
            return f"{OUR_EXIT}{self._rules[tag - 1]}"
        if kind == SIGNAL and tag != NO_TAG:
            return self._tags[tag]
        return REASONS[kind]


def _worded(closed: np.ndarray, words: Words, fee: float) -> dict[str, Any]:
    """Return the columns of words and of orders."""
    kinds, tags = (closed[name].tolist() for name in ("exit_kind", "exit_tag"))
    said: dict[str, list[Any]] = {
        "pair": [words.pairs[number] for number in closed["pair"].tolist()],
        "exit_reason": [words.reason(kind, tag) for kind, tag in zip(kinds, tags, strict=True)],
        "enter_tag": [words.tag(number) for number in closed["enter_tag"].tolist()],
    }
    said["orders"] = list(_orders(closed, words, fee))
    return {name: _objects(values) for name, values in said.items()}


def _objects(values: list[Any]) -> np.ndarray:
    """Return an array of as many objects, lists among them."""
    made = np.empty(len(values), object)
    made[:] = values
    return made


def _numbers(closed: np.ndarray, fee: float) -> dict[str, Any]:
    """Return the columns of numbers and times."""
    stamps = {name: closed[f"{name}_s"] * 1000 for name in ("open", "close")}
    initial, last = (
        np.where(closed[name] == 0, np.nan, closed[name])
        for name in ("initial_fraction", "stop_fraction")
    )
    return {
        "stake_amount": _rounded(closed["stake"]),
        "max_stake_amount": _rounded(closed["most_stake"]),
        "amount": _rounded(closed["amount"]),
        "open_date": pd.to_datetime(pd.Series(stamps["open"]), unit="ms", utc=True),
        "close_date": pd.to_datetime(pd.Series(stamps["close"]), unit="ms", utc=True),
        "open_rate": closed["open_rate"],
        "close_rate": closed["close_rate"],
        "fee_open": fee,
        "fee_close": fee,
        "trade_duration": (closed["close_s"] - closed["open_s"]) // 60,
        "profit_ratio": closed["profit_ratio"],
        "profit_abs": closed["profit_usd"],
        "initial_stop_loss_abs": closed["initial_stop"],
        "initial_stop_loss_ratio": initial,
        "stop_loss_abs": closed["stop"],
        "stop_loss_ratio": last,
        "min_rate": closed["lowest"],
        "max_rate": closed["highest"],
        "is_open": False,
        "leverage": closed["leverage"],
        "is_short": closed["is_short"].astype(bool),
        "open_timestamp": stamps["open"],
        "close_timestamp": stamps["close"],
        "funding_fees": closed["funding"],
    }


def _rounded(values: np.ndarray) -> list[float]:
    """Return Python's rounding to 8 decimals, which is not numpy's."""
    return [round(value, 8) for value in values.tolist()]


def _orders(closed: np.ndarray, words: Words, fee: float) -> Iterator[list[dict[str, Any]]]:
    """Yield the entry and the exit order of each trade."""
    names = (
        *("is_short", "amount", "open_s", "ordered_rate", "enter_tag"),
        *("close_s", "close_rate", "order_kind", "order_tag"),
    )
    for short, amount, opened, entry, tag, left, rate, kind, leaving in zip(
        *(closed[name].tolist() for name in names), strict=True
    ):
        sides = ("sell", "buy") if short else ("buy", "sell")
        yield [
            {
                "amount": amount,
                "safe_price": price,
                "ft_order_side": side,
                "order_filled_timestamp": at * 1000,
                "ft_is_entry": side is sides[0],
                "ft_order_tag": word,
                "cost": amount * price * (1 + fee) or 0,
            }
            for side, price, at, word in (
                (sides[0], entry, opened, words.tag(tag)),
                (sides[1], rate, left, words.reason(kind, leaving)),
            )
        ]
