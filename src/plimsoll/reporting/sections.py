"""What a report says of one account, section by section."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from plimsoll.performance.breakdown import (
    WEEKDAYS,
    by_column,
    by_hour,
    by_side,
    by_weekday,
    grouped,
)
from plimsoll.performance.drawdown import worst_falls
from plimsoll.performance.excursion import excursions
from plimsoll.performance.exposure import cost_curves, exposure_curve
from plimsoll.performance.measures import daily_returns
from plimsoll.performance.periods import (
    LEAST_DAYS,
    WINDOWS_DAYS,
    rolling_sharpe,
    rolling_window_days,
    yearly_table,
)
from plimsoll.performance.regimes import (
    DEFINITION,
    TRENDS,
    VOLATILITIES,
    regime_at,
    regime_days,
    regimes,
)
from plimsoll.reporting.canvas import Panel
from plimsoll.reporting.charts import (
    MOST_FALLS,
    falls_panel,
    returns_panel,
    rolling_panel,
    trades_panel,
)
from plimsoll.reporting.position_charts import (
    costs_panel,
    excursion_panel,
    exposure_panel,
    hours_panel,
)
from plimsoll.reporting.tables import Table, fall_table, group_table, month_table, regime_table
from plimsoll.reporting.trading_record import TradingRecord
from plimsoll.reporting.words import counted, day_text, number

MOST_GROUPS = 30
"""Rows of a table of groups; the rest is one row's note."""


@dataclass(frozen=True)
class Text:
    """A paragraph, or a list where ``is_list``; ``is_note`` is small print."""

    lines: Sequence[str]
    is_note: bool = False
    is_list: bool = False
    summary: str = ""
    """With a summary the text is folded away behind it."""


@dataclass(frozen=True, eq=False)
class Section:
    """A titled part of the page; ``key`` is its place in the address of the page."""

    key: str
    title: str
    blocks: Sequence[Panel | Table | Text]


def account_sections(record: TradingRecord, market: str, key: str) -> list[Section]:
    """Return falls, periods, holdings, origins of profit and excursions of one account.

    ``market`` names the origin of the prices; ``key`` begins the key of each section.
    """
    caption = account_caption(record, market)
    return [
        _falls(record, caption, f"{key}-falls"),
        _periods(record, caption, f"{key}-periods"),
        _holdings(record, caption, f"{key}-held"),
        _origins(record, caption, f"{key}-origin"),
        _excursions(record, caption, f"{key}-excursions"),
    ]


def account_caption(record: TradingRecord, market: str) -> str:
    """Say what a figure rests on: data, period, candles and costs."""
    parts = [f"{record.name}, {record.source}", market]
    parts.append(f"{day_text(record.start)} to {day_text(record.end)}")
    if record.timeframe:
        parts.append(f"candles of {record.timeframe}")
    return f"{'; '.join(parts)}. Costs of a fill: {costs_text(record.costs_bps)}."


def costs_text(costs_bps: Mapping[str, float] | None) -> str:
    """Say what a fill is assumed to cost."""
    if costs_bps is None:
        return "not stated"
    return ", ".join(f"{name} {bps:g} bps" for name, bps in costs_bps.items()) or "none"


def _falls(record: TradingRecord, caption: str, key: str) -> Section:
    falls = worst_falls(record.equity, MOST_FALLS)
    blocks: list[Panel | Table | Text] = [falls_panel(key, record.equity, falls, caption)]
    if falls:
        blocks.append(fall_table(falls))
    return Section(key, "Falls", blocks)


def _periods(record: TradingRecord, caption: str, key: str) -> Section:
    blocks: list[Panel | Table | Text] = [month_table(yearly_table(record.equity))]
    window = rolling_window_days(record.days)
    sharpe = None if window is None else rolling_sharpe(record.equity, window)
    if window is None or sharpe is None:
        days = f"the run has {number(record.days, 0)} days, and the shortest window needs "
        days += f"{2 * min(WINDOWS_DAYS)}"
        blocks.append(Text([f"No rolling Sharpe ratio: {days}."], is_note=True))
    elif sharpe.notna().sum() < LEAST_DAYS:
        few = f"hardly any {window} days have {LEAST_DAYS} on which the account changed"
        blocks.append(Text([f"No rolling Sharpe ratio: {few}."], is_note=True))
    else:
        blocks.append(rolling_panel(f"{key}-sharpe", sharpe, window, caption))
    days_panel = returns_panel(f"{key}-days", record.equity, caption)
    if days_panel is not None:
        blocks.append(days_panel)
    if len(record.closed_trades):
        blocks.append(trades_panel(f"{key}-trades", record.closed_trades, caption))
    return Section(key, "Months, days and trades", blocks)


def _holdings(record: TradingRecord, caption: str, key: str) -> Section:
    if record.trades.empty:
        return Section(key, "Exposure and costs", [Text(["No trade: nothing was held or paid."])])
    blocks: list[Panel | Table | Text] = []
    if record.closes is not None:
        curve = exposure_curve(record.trades, record.closes, record.equity)
        blocks.append(exposure_panel(f"{key}-exposure", curve, caption))
    costs = cost_curves(record.trades, pd.DatetimeIndex(record.equity.index))
    closed = record.closed_trades
    paid = cost_curves(closed, pd.DatetimeIndex(record.equity.index)).iloc[-1].sum()
    before = float(closed["profit_abs"].sum() + paid)
    unit = record.stake_currency
    blocks.append(costs_panel(f"{key}-costs", costs, before, unit, caption))
    return Section(key, "Exposure and costs", blocks)


def _origins(record: TradingRecord, caption: str, key: str) -> Section:
    title = "Where the profit came from"
    trades, unit = record.closed_trades, record.stake_currency
    if trades.empty:
        return Section(key, title, [Text(["No trade was closed."])])
    hours = [f"{hour:02d}" for hour in range(24)]
    tables = [
        _grouped(trades, "By pair", by_column("pair")(trades), unit),
        _grouped(trades, "By side", by_side(trades), unit),
        _grouped(trades, "By entry tag", by_column("enter_tag")(trades), unit),
        _grouped(trades, "By exit reason", by_column("exit_reason")(trades), unit),
        _grouped(trades, "By weekday of opening (UTC)", by_weekday(trades), unit, WEEKDAYS),
    ]
    what = "Closed trades only, after costs. Fees and funding are part of the profit; a negative "
    what += f"funding was paid. All money in {unit}."
    by_the_hour = grouped(trades, by_hour(trades), hours)
    hour = hours_panel(f"{key}-hour", by_the_hour, unit, caption)
    blocks = [Text([what], is_note=True), *tables, hour, *_regimes(record)]
    return Section(key, title, blocks)


def _regimes(record: TradingRecord) -> list[Table | Text]:
    market = record.market
    within = None if market is None else market[record.start : record.end].dropna()
    if market is None or within is None or len(within) < 2:
        text = "No regimes: the record holds no candles of a market over the run."
        return [Text([text], is_note=True)]
    table = regimes(market)
    trades, unit, name = record.closed_trades, record.stake_currency, record.market_name
    own, held = daily_returns(record.equity), daily_returns(within)
    days = [regime_days(own, held, table[column]) for column in ("trend", "volatility")]
    at = trades["open_date"]
    return [
        Text([f"Regimes of {name}, known before each day begins. {DEFINITION}"], is_note=True),
        regime_table([*days[0], *days[1]], name),
        _grouped(trades, "By trend", regime_at(at, table["trend"]), unit, TRENDS),
        _grouped(trades, "By volatility", regime_at(at, table["volatility"]), unit, VOLATILITIES),
    ]


def _excursions(record: TradingRecord, caption: str, key: str) -> Section:
    title = "Excursions: MAE and MFE"
    rows = excursions(record.trades)
    if rows.empty:
        text = "No closed trade has a recorded lowest and highest price."
        return Section(key, title, [Text([text])])
    explained = "How far the price went against each trade (MAE) and for it (MFE) while it was "
    explained += "open, in percent of the average entry price, without leverage and costs. Above "
    explained += "the dotted line it went further for the trade than against it."
    blocks: list[Panel | Table | Text] = [Text([explained], is_note=True)]
    blocks.append(excursion_panel(f"{key}-all", rows, caption))
    left_out = len(record.closed_trades) - len(rows)
    if left_out:
        note = f"{counted(left_out, 'trade')} left out: no extremes recorded."
        blocks.append(Text([note], is_note=True))
    return Section(key, title, blocks)


def _grouped(
    trades: pd.DataFrame,
    title: str,
    keys: "pd.Series[str]",
    unit: str,
    order: Sequence[str] | None = None,
) -> Table:
    groups = grouped(trades, keys, order)
    shown, notes = groups, []
    if len(groups) > MOST_GROUPS:
        half = MOST_GROUPS // 2
        shown = [*groups[:half], *groups[-half:]]
        notes = [f"The best and worst {half} of {len(groups):,}."]
    return group_table(title, shown, unit, *notes)
