"""One bot over one period, read from its database, its log, its config and candles on disk."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from plimsoll.cli import bot_money, bot_run
from plimsoll.cli.bot_run import BotRun, NoTradeError, Wanted
from plimsoll.cli.digest_due import due_of
from plimsoll.core.errors import PlimsollError, UsageError
from plimsoll.performance.calendar_periods import Length, Period, last_whole, period_of

if TYPE_CHECKING:
    from plimsoll.control.bot import Bot
    from plimsoll.control.period_log import PeriodLog
    from plimsoll.control.trade_history import TradeHistory
    from plimsoll.performance.attribution import Causes
    from plimsoll.performance.promised import Kept
    from plimsoll.reporting.digest import Digest, Drift

LAST_YEAR = 9998
"""A period of the next one ends where no calendar goes on."""
DRIFT_DAYS = 90
"""How far back fills count for the slippage of before."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a digest is asked for; ``day`` lies in the period, None for the last whole one."""

    wanted: Wanted
    length: Length
    day: pd.Timestamp | None = None
    expectation: Path | None = None


@dataclass(frozen=True, eq=False)
class Made:
    """A digest, and the bot that it is of; None where a database alone was named."""

    digest: "Digest"
    bot: "Bot | None"
    log: "PeriodLog | None"


@dataclass(frozen=True, eq=False)
class _Known:
    """What was read of a bot for one period."""

    period: Period
    bot: "Bot | None"
    history: "TradeHistory"
    run: BotRun | None
    log: "PeriodLog | None"
    notes: list[str]


def made_digest(asked: Asked, now: datetime | None = None) -> Made:
    """Read a bot and return its digest; nothing of the bot is written.

    Raises
    ------
    UsageError
        When there is no such bot or database, or the period is not over.
    PlimsollError
        When the database is none of this Freqtrade, or a named file cannot be read.
    """
    from plimsoll.control.trade_history import read_trade_history

    bot = bot_run.named_bot(asked.wanted)
    db_url = bot_run.named_database(asked.wanted, bot)
    clock = now or bot_clock(bot)
    period = period_asked(asked.length, asked.day, clock)
    history = read_trade_history(db_url)
    notes: list[str] = []
    run = _run(asked.wanted, notes)
    known = _Known(period, bot, history, run, _log(bot, db_url, period, run, notes), notes)
    return Made(_digest(asked, known, now or datetime.now(UTC)), bot, known.log)


def bot_clock(bot: "Bot | None") -> datetime:
    """Return the time by a bot's clock: that of its simulated exchange, where it has one."""
    from plimsoll.control.bot import now_of

    return datetime.now(UTC) if bot is None else now_of(bot, bot.folder.status())


def period_asked(length: Length, day: pd.Timestamp | None, now: datetime) -> Period:
    """Return the period of a day, or the last one that is over.

    Raises `UsageError` for one that is not over at ``now``, or that no calendar has.
    """
    at = pd.Timestamp(now)
    if day is None:
        return last_whole(length, at)
    if day.year > LAST_YEAR:
        raise UsageError(f"expected --of in a period that is over, found {day:%Y-%m-%d}")
    period = period_of(length, day)
    if period.end > at:
        raise UsageError(
            f"expected a period that is over, found {period.words}, which ends at "
            f"{period.end:%Y-%m-%d %H:%M} UTC; whole days only"
        )
    return period


def _run(wanted: Wanted, notes: list[str]) -> BotRun | None:
    """Read the account's whole life; None where it never traded."""
    try:
        run = bot_run.bot_run(wanted)
    except NoTradeError as error:
        notes.append(f"the account's value is not known: {error}")
        return None
    notes += run.remarks
    return run


def _log(
    bot: "Bot | None", db_url: str, period: Period, run: BotRun | None, notes: list[str]
) -> "PeriodLog | None":
    from plimsoll.control.period_log import read_period_log
    from plimsoll.control.trade_history import read_trade_history
    from plimsoll.journal.check import verify

    account, said = bot_run.account_of_log(bot, db_url)
    if bot is None or said is not None:
        if run is None:  # of a run it is among the remarks
            notes.append(f"what the guards did is not known: {said}")
        return None
    trades = read_trade_history(db_url).trades
    fault = verify(bot.folder.decisions).fault
    if fault is not None:
        notes.append(f"the decision log is not whole ({fault.file}: {fault.what})")
    return read_period_log(
        bot.folder.decisions,
        account,
        period.start.to_pydatetime(),
        period.end.to_pydatetime(),
        length=_length(trades),
        positions=bot_run.trade_positions(trades) if len(trades) else None,
    )


def _length(trades: pd.DataFrame) -> timedelta | None:
    minutes = trades["timeframe"].dropna() if "timeframe" in trades else pd.Series(dtype="float64")
    return timedelta(minutes=float(minutes.iloc[-1])) if len(minutes) else None


def _digest(asked: Asked, known: _Known, made_at: datetime) -> "Digest":
    from plimsoll.control.reviews import review_of
    from plimsoll.performance.guard_acts import SECTION, GuardActs
    from plimsoll.reporting.digest import Digest
    from plimsoll.reporting.trading_record import RecordSource

    period, run, log, notes = known.period, known.run, known.log, known.notes
    record = None if run is None else run.record
    equity = None if run is None else _equity(run, period, notes)
    drift, reviews = _drift(known), _reviews(known)
    closed, opened, still_open = _trades(run, period)
    benchmark = None
    if run is not None and equity is not None:
        benchmark = _benchmark(run, equity, period, asked.wanted.benchmark, notes)
    modes = {"live": RecordSource.LIVE, "dry_run": RecordSource.DRY_RUN}
    source = modes.get(str(log.mode)) if record is None and log is not None else None
    name = (log.strategy if log is not None else None) or asked.wanted.strategy or "bot"
    acts = None if log is None or log.acts is None else GuardActs.from_result({SECTION: log.acts})
    return Digest(
        name=name if record is None else record.name,
        source=source if record is None else record.source,
        market=_market(known),
        currency=bot_money.stake_of(known.bot) if record is None else record.stake_currency,
        made_at=pd.Timestamp(made_at).floor("s"),
        period=period,
        equity=equity,
        high_usd=_high(run, period),
        causes=None if run is None or equity is None else _causes(run, period, drift),
        benchmark=benchmark,
        benchmark_name=_held_name(asked.wanted.benchmark),
        closed=closed,
        opened=opened,
        still_open=still_open,
        kept=_kept(asked, known, closed),
        drift=drift,
        acts=acts,
        story=acts if record is None else record.acts,
        operation=None if log is None else log.operation,
        due=due_of(known.bot, log, period, reviews),
        reviewed=review_of(reviews, None if log is None else log.strategy, period.name),
        notes=tuple(dict.fromkeys(notes)),
        head=None if log is None else log.head,
    )


def _market(known: _Known) -> str:
    if known.run is not None:
        return known.run.market
    told = None if known.log is None else known.log.config.get("plimsoll.market")
    return str(told) if told else "origin not stated"


def _equity(run: BotRun, period: Period, notes: list[str]) -> "pd.Series[float] | None":
    """Return equity over the period; what stood last stands on to its end."""
    whole = run.record.equity
    if whole.index[0] >= period.end:
        return None
    start = max(period.start, whole.index[0])
    part = bot_run.cut(whole, start, min(period.end, whole.index[-1]))
    if whole.index[-1] < period.end:
        stale = run.record.trades["close_date"].isna().any()
        if stale:
            notes.append(
                "what open positions made is not known after "
                f"{whole.index[-1]:%Y-%m-%d %H:%M} UTC, the last moment on record"
            )
        last = float(whole.iloc[-1])
        part = part if len(part) else pd.Series([last], index=pd.DatetimeIndex([start]))
        end = pd.Series([last], index=pd.DatetimeIndex([period.end]).as_unit("ns"))
        part = pd.concat([part, end])
    return part if len(part) > 1 else None


def _high(run: BotRun | None, period: Period) -> float:
    if run is None:
        return float("nan")
    before = run.record.equity[run.record.equity.index <= period.start]
    return float(before.max()) if len(before) else float(run.record.equity.iloc[0])


def _trades(run: BotRun | None, period: Period) -> tuple[pd.DataFrame | None, int, int]:
    """Return the trades closed in a period, how many opened in it, and how many are open after."""
    if run is None:
        return None, 0, 0
    trades = run.record.trades
    opened, closed = trades["open_date"], trades["close_date"]
    inside = (closed > period.start) & (closed <= period.end)
    new = (opened > period.start) & (opened <= period.end)
    held = (opened <= period.end) & (closed.isna() | (closed > period.end))
    return trades[inside].reset_index(drop=True), int(new.sum()), int(held.sum())


def _causes(run: BotRun, period: Period, drift: "Drift | None") -> "Causes":
    from plimsoll.performance.attribution import causes_of

    record = run.record
    since = max(period.start, record.start)
    until = min(period.end, record.end)
    cost = 0.0 if drift is None else drift.now.cost_usd
    return causes_of(
        record.trades, record.closes, record.equity, since, max(since, until), slippage_usd=cost
    )


def _drift(known: _Known) -> "Drift | None":
    """Measure slippage from the log's orders, or from the rates that the database asked for."""
    from plimsoll.performance.slippage import requested_fills, slippage
    from plimsoll.reporting.digest import Drift

    period, trades = known.period, known.history.trades
    fills = requested_fills(trades) if len(trades) else None
    logged = None if known.log is None else known.log.fills
    if logged is not None and (fills is None or _within(logged, period) >= _within(fills, period)):
        fills = logged  # an order's own price; the database has one a side of a trade
    if fills is not None and known.run is not None:  # of another currency nothing adds up
        fills = fills[fills["pair"].isin(known.run.record.trades["pair"])]
    if fills is None or fills.empty:
        return None
    first = max(fills["time"].iloc[0].floor("D"), period.start - pd.Timedelta(days=DRIFT_DAYS))
    days = max(int((period.start - first) / pd.Timedelta(days=1)), 0)
    assumed = None
    if known.bot is not None and known.bot.config.get("config_files"):
        costs = known.bot.settings.costs.of_pair(None)
        assumed = costs.spread_bps + costs.slippage_bps
    return Drift(
        now=slippage(fills, period.start, period.end),
        before=slippage(fills, first, period.start),
        before_days=days,
        assumed_bps=assumed,
    )


def _within(fills: pd.DataFrame, period: Period) -> int:
    return int(((fills["time"] > period.start) & (fills["time"] <= period.end)).sum())


def _kept(asked: Asked, known: _Known, closed: pd.DataFrame | None) -> "Kept | None":
    from plimsoll.bridge.config.expectation import read_expectation
    from plimsoll.performance.errors import MeasureError
    from plimsoll.performance.promised import held_to

    named = str(asked.expectation) if asked.expectation is not None else ""
    if not named and known.bot is not None:
        named = known.bot.settings.expectation_file
    try:
        promise = read_expectation(named)
    except PlimsollError as error:
        if asked.expectation is not None:
            raise UsageError(str(error)) from None
        known.notes.append(f"what the backtest promised is not known: {error}")
        return None
    if promise is None or closed is None:
        return None
    try:
        return held_to(promise, closed)
    except MeasureError as error:
        known.notes.append(str(error))
        return None


def _held_name(named: str | None) -> str:
    from plimsoll.cli.bot_prices import HELD_EQUALLY

    return HELD_EQUALLY if named is None else f"{named} held (no costs)"


def _benchmark(
    run: BotRun,
    equity: "pd.Series[float]",
    period: Period,
    named: str | None,
    notes: list[str],
) -> "pd.Series[float] | None":
    """Return what the money would have made in the traded pairs, from candles on disk."""
    from plimsoll.performance.equity import buy_and_hold_curve

    if not float(equity.iloc[0]) > 0.0:
        notes.append("what holding would have made is not known: there was no money to hold with")
        return None
    pairs = sorted(set(run.record.trades["pair"])) if named is None else [named]
    columns = {pair: _closes(run.candles[pair]) for pair in pairs if pair in run.candles}
    closes = pd.DataFrame(columns).sort_index()
    start, end = equity.index[0], equity.index[-1]
    index = closes.index.union(pd.DatetimeIndex([start, end]))
    inside = closes.reindex(index).ffill().loc[start:end].dropna(axis=1, how="all")
    last = None if closes.empty else closes.index[-1]
    if inside.empty or not inside.shape[1] or last is None or last <= start:
        notes.append(
            f"what holding would have made is not known: no candles of {', '.join(pairs)} are here"
        )
        return None
    if last < end:
        notes.append(
            f"what holding made is not known after {last:%Y-%m-%d %H:%M} UTC, where candles end"
        )
    if without := sorted(set(pairs) - set(inside.columns)):
        notes.append(f"holding is without {', '.join(without)}, which have no candles here")
    return buy_and_hold_curve(inside, float(equity.iloc[0]))


def _closes(frame: pd.DataFrame) -> "pd.Series[float]":
    """Return closes at the time each was known: a candle's length after it opened."""
    opened = pd.DatetimeIndex(frame["date"])
    length = pd.Series(opened).diff().median()
    known = pd.DatetimeIndex(opened + length).as_unit("ns")
    return pd.Series(frame["close"].to_numpy(dtype="float64"), index=known)


def _reviews(known: _Known) -> tuple[Mapping[str, Any], ...]:
    """Return the reviews of a bot; what is wrong with their log is a note."""
    from plimsoll.control.reviews import reviews_of

    if known.bot is None:
        return ()
    try:
        return reviews_of(known.bot.folder)
    except PlimsollError as error:
        known.notes.append(str(error))
        return ()
