"""The trade journal: single trades with their fills, the reasons on record, and the price."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pandas as pd

from plimsoll.performance.fills import trade_fills
from plimsoll.reporting.canvas import Panel
from plimsoll.reporting.sections import Section, Text
from plimsoll.reporting.trade_picture import Fill, TradePicture, around, picture_svgs
from plimsoll.reporting.trading_record import TradingRecord
from plimsoll.reporting.words import counted, number, percent, since, time_text

MOST_TRADES = 200
"""Trades of one journal at most: some 12 KB each."""
BY_GUARD = "plimsoll_"
"""How the reason of an exit begins that a guard has ordered; the rule follows."""


class Choice(StrEnum):
    """Which trades the journal tells of."""

    LAST = "last"
    WORST = "worst"
    BEST = "best"


@dataclass(frozen=True)
class Reasons:
    """What a decision log says of one trade, in words; empty where it says nothing."""

    entry: str = ""
    verdict: str = ""
    exit: str = ""
    features: Mapping[str, float] = field(default_factory=dict)


TradeKey = tuple[str, pd.Timestamp]
"""Pair and opening: what tells the trades of one account apart."""


def chosen(trades: pd.DataFrame, choice: Choice, count: int) -> pd.DataFrame:
    """Return ``count`` trades: the last by opening, newest first, or the worst or best by profit.

    An open trade has no profit yet: it is among the last alone.
    """
    if choice is Choice.LAST:
        return trades.sort_values("open_date", kind="stable").tail(count).iloc[::-1]
    closed = trades[trades["close_date"].notna()]
    by_profit = closed.sort_values("profit_abs", kind="stable", ascending=choice is Choice.WORST)
    return by_profit.head(count)


def journal_section(
    record: TradingRecord,
    candles: Mapping[str, pd.DataFrame],
    *,
    choice: Choice = Choice.LAST,
    count: int = 20,
    reasons: Mapping[TradeKey, Reasons] | None = None,
    key: str = "journal",
) -> Section:
    """Tell of single trades, each with its picture.

    ``candles``: by pair, Freqtrade's columns; a trade of a pair without them is drawn by its
    fills alone. ``reasons``: what the decision log says, by pair and opening. ``count`` is cut to
    `MOST_TRADES`.
    """
    trades = chosen(record.trades, choice, min(count, MOST_TRADES))
    title = "Trade journal"
    if trades.empty:
        return Section(key, title, [Text(["No trade to tell of."])])
    made = trade_fills(trades.reset_index(drop=True)).sort_values("time", kind="stable")
    panels = [
        _panel(
            record,
            {**row, "fills": made[made["trade"] == place]},
            candles.get(row["pair"]),
            reasons or {},
            f"{key}-{place + 1}",
        )
        for place, row in enumerate(trades.to_dict("records"))
    ]
    return Section(key, title, [Text([_introduction(record, trades, choice)]), *panels])


def _introduction(record: TradingRecord, trades: pd.DataFrame, choice: Choice) -> str:
    of_all = f"{counted(len(trades), 'trade')} of {len(record.trades):,}"
    order = {
        Choice.LAST: "the last ones, newest first",
        Choice.WORST: "the worst ones by profit",
        Choice.BEST: "the best ones by profit",
    }[choice]
    return (
        f"{of_all}: {order}. A triangle is an entry (point up: long, point down: short), a circle "
        "an exit with profit, a cross one with loss; the shaded span is the life of the trade, "
        "dotted lines are the lowest and highest price in it, as far as they were recorded."
    )


def _panel(
    record: TradingRecord,
    row: Mapping[Any, Any],
    candles: pd.DataFrame | None,
    reasons: Mapping[TradeKey, Reasons],
    key: str,
) -> Panel:
    is_open = bool(pd.isna(row["close_date"]))
    ended = record.end if is_open else row["close_date"]
    ended = max(ended, row["open_date"])
    bars = around(candles, row["open_date"], ended)
    picture = TradePicture(
        bars=bars,
        fills=_fills(row, row["fills"]),
        opened=row["open_date"],
        ended=ended,
        is_short=bool(row["is_short"]),
        is_win=None if is_open else row["profit_abs"] > 0.0,
        lowest=float(row["min_rate"]),
        highest=float(row["max_rate"]),
    )
    unit = record.stake_currency
    title = _title(row, unit, is_open=is_open)
    told = reasons.get((row["pair"], row["open_date"]), Reasons())
    summary = _story(row, told, unit, ended)
    caption = _caption(row, unit, has_candles=not bars.empty)
    columns = ("Time (UTC)", "Fill", f"Price ({unit})", "Amount", f"Value ({unit})")
    svgs = picture_svgs(key, title, summary, picture)
    return Panel(key, title, summary, caption, svgs, columns, _fill_rows(row["fills"]))


def _title(row: Mapping[Any, Any], unit: str, *, is_open: bool) -> str:
    side = "short" if row["is_short"] else "long"
    made = "still open" if is_open else number(row["profit_abs"], 2, f" {unit}")
    return f"{row['pair']} {side}, {time_text(row['open_date'])}: {made}"


def _story(row: Mapping[Any, Any], told: Reasons, unit: str, ended: pd.Timestamp) -> str:
    """Say in sentences when, at what price and why a trade was opened and closed."""
    side = "Short" if row["is_short"] else "Long"
    entry = f"{side} at {row['open_rate']:.8g}"
    if not pd.isna(row["stake_amount"]):
        entry += f" with {number(row['stake_amount'], 2)} {unit}"
    if row["leverage"] != 1.0:
        entry += f" at {row['leverage']:g} times leverage"
    why_in = told.entry or (f"tag {row['enter_tag']}" if row["enter_tag"] else "no tag")
    said = [f"{entry}; why: {why_in}."]
    if told.features:
        values = ", ".join(f"{name} {value:.6g}" for name, value in sorted(told.features.items()))
        said.append(f"Features: {values}.")
    if told.verdict:
        said.append(f"Guards: {told.verdict}.")
    lasted = since((ended - row["open_date"]) / pd.Timedelta(hours=1))
    if pd.isna(row["close_date"]):
        return " ".join([*said, f"Open for {lasted}."])
    bought = abs(row["amount"] * row["open_rate"])
    share = f" ({percent(row['profit_abs'] / bought)} of its value)" if bought else ""
    why_out = told.exit or _exit_words(row["exit_reason"])
    profit = f"{number(row['profit_abs'], 2)} {unit}{share}"
    said.append(f"Closed after {lasted} at {row['close_rate']:.8g}, {profit}; why: {why_out}.")
    return " ".join(said)


def _exit_words(reason: str) -> str:
    if reason.startswith(BY_GUARD):
        return f"the guard {reason.removeprefix(BY_GUARD)} closed it"
    return reason or "no reason on record"


def _caption(row: Mapping[Any, Any], unit: str, *, has_candles: bool) -> str:
    paid = f"Funding {number(row['funding_fees'], 2)} {unit}; fees "
    paid += f"{number(row['fee_open'] * 10_000.0, 1)} and {number(row['fee_close'] * 10_000.0, 1)} "
    paid += "bps of the entries and exits."
    return paid if has_candles else f"{paid} No candles on disk: the fills alone are drawn."


def _fills(row: Mapping[Any, Any], made: pd.DataFrame) -> list[Fill]:
    sign = -1.0 if row["is_short"] else 1.0
    rows = zip(made["time"], made["price_usd"], made["amount"], strict=True)
    fills = [Fill(at, float(price), amount * sign > 0.0) for at, price, amount in rows]
    return fills or [Fill(row["open_date"], float(row["open_rate"]), is_entry=True)]


def _fill_rows(made: pd.DataFrame) -> list[tuple[str, ...]]:
    rows = zip(made["time"], made["price_usd"], made["amount"], strict=True)
    return [
        (
            f"{at:%Y-%m-%d %H:%M:%S}",
            "buy" if amount > 0.0 else "sell",
            f"{price:.8g}",
            f"{abs(amount):.8g}",
            number(abs(amount) * price, 2),
        )
        for at, price, amount in rows
    ]
