"""One bot, running or dead, as the trading record that a report is drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from plimsoll.cli import bot_money, bot_prices
from plimsoll.core.errors import PlimsollError, UsageError

if TYPE_CHECKING:
    from plimsoll.control.bot import Bot
    from plimsoll.control.bot_log import BotLog
    from plimsoll.control.trade_history import TradeHistory
    from plimsoll.journal.trade_notes import TradeNote
    from plimsoll.lab.disk_candles import DiskCandles
    from plimsoll.reporting.trading_record import TradingRecord

MOMENT = pd.Timedelta(seconds=1)


class NoTradeError(PlimsollError):
    """A bot's database has no trade yet."""


NO_MARKET = "origin not stated"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What of a bot is to be reported.

    ``since`` and ``until`` bound the span, UTC; ``benchmark`` names a pair to hold instead;
    ``strategy`` keeps the trades of one strategy; ``starting_balance`` replaces what is on record.
    """

    userdir: Path | None = None
    config: tuple[Path, ...] = ()
    db_url: str | None = None
    datadir: Path | None = None
    since: pd.Timestamp | None = None
    until: pd.Timestamp | None = None
    benchmark: str | None = None
    strategy: str | None = None
    starting_balance: float | None = None


@dataclass(frozen=True, eq=False)
class BotRun:
    """A bot's record, with what a page about it needs beside.

    ``candles`` are by pair (Freqtrade's columns), ``notes`` the log's words of each trade by pair
    and opening. ``remarks`` say what is not known, or is known only in part.
    """

    record: "TradingRecord"
    market: str
    candles: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    notes: "Mapping[tuple[str, pd.Timestamp], TradeNote]" = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Traces:
    """What a bot has left: its database, its log, its status, and candles on disk."""

    bot: "Bot | None"
    db_url: str
    history: "TradeHistory"
    trades: pd.DataFrame
    currency: str
    log: "BotLog"
    candles: "Mapping[str, DiskCandles]"
    status: Mapping[str, Any]
    live: bool
    remarks: list[str]

    @property
    def config(self) -> Mapping[str, Any] | None:
        """The bot's config; ``None`` when no file of it was read."""
        known = self.bot is not None and self.bot.config.get("config_files")
        return self.bot.config if self.bot is not None and known else None

    @property
    def timeframe(self) -> str:
        """The bot's timeframe; empty when nothing says it."""
        from plimsoll.control.trade_history import timeframe_of

        named = (self.config or {}).get("timeframe") or self.log.config.get("timeframe")
        minutes = self.trades["timeframe"].dropna()
        return str(named or timeframe_of(float(minutes.iloc[-1]) if len(minutes) else None))


def bot_run(wanted: Wanted) -> BotRun:
    """Read a bot's database, and what its log and the candles on disk add to it.

    Raises
    ------
    UsageError
        When there is no such bot, no trade in the span, or no starting balance is on record.
    PlimsollError
        When its database cannot be read, or has no trade yet.
    """
    from plimsoll.performance.guard_acts import SECTION, GuardActs
    from plimsoll.performance.known_equity import trades_within
    from plimsoll.performance.shortfall import Shortfall
    from plimsoll.reporting.trading_record import RecordSource, TradingRecord, record_trades

    traces, span = _read(wanted)
    equity, known = _valued(traces, wanted, span)
    since, until = _bounds(wanted, span)
    within = trades_within(traces.trades, since, until)
    equity = cut(equity, since, until)
    if within.empty or len(equity) < 2:
        raise UsageError(
            "expected trades between --since and --until, found none; the bot's records are of "
            f"{_time(span[0])} to {_time(span[1])}"
        )
    traces.remarks.extend(_of_the_bounds(within, since, span))
    benchmark, said = bot_prices.benchmark_of(
        wanted.benchmark, traces.candles, sorted(set(within["pair"])), equity
    )
    traces.remarks.extend(said)
    record = TradingRecord(
        name=_name(traces, wanted),
        source=RecordSource.LIVE if traces.live else RecordSource.DRY_RUN,
        trades=record_trades(within),
        equity=equity,
        starting_balance_usd=float(equity.iloc[0]),
        stake_currency=traces.currency,
        timeframe=traces.timeframe,
        closes=known,
        acts=None if traces.log.acts is None else GuardActs.from_result({SECTION: traces.log.acts}),
        shortfall=Shortfall.of_records(traces.log.targets),
        costs_bps=bot_money.costs_of(within),
        facts=_facts(traces, within),
        **benchmark,
    )
    return BotRun(
        record=record,
        market=_market(traces),
        candles={pair: one.frame for pair, one in traces.candles.items()},
        notes=_notes(traces),
        remarks=tuple(traces.remarks),
    )


def _read(wanted: Wanted) -> tuple[_Traces, bot_money.Span]:
    """Read what there is of a bot, and the span that it covers."""
    from plimsoll.control.trade_history import read_trade_history

    bot = named_bot(wanted)
    db_url = named_database(wanted, bot)
    history = read_trade_history(db_url)
    named = None if bot is None else bot.config.get("stake_currency")
    trades, currency, remarks = bot_money.usable_trades(history, named, wanted.strategy)
    if trades.empty:
        raise _without_trades(db_url, history, wanted.strategy, remarks)
    log, said = _log(bot, db_url, wanted, trades)
    # A status without a log of its own may be another bot's.
    status = {} if bot is None or log.acts is None else bot.folder.status() or {}
    span = _span(history, trades, log, bot_money.as_of(status))
    candles, missing = bot_prices.candles_of(
        trades, None if bot is None else bot.config, wanted.datadir, wanted.benchmark, span
    )
    remarks += [*said, *missing]
    live = _is_live(bot, log, trades)
    known = (bot, db_url, history, trades, currency, log, candles, status)
    return _Traces(*known, live, remarks), span


def _valued(
    traces: _Traces, wanted: Wanted, span: bot_money.Span
) -> tuple["pd.Series[float]", pd.DataFrame]:
    """Return the account's equity over its whole life, and the known prices behind it."""
    balance, said = bot_money.starting_balance(
        wanted.starting_balance, traces.history, traces.log, traces.config, traces.currency
    )
    traces.remarks.extend(said)
    traded = set(traces.trades["pair"])
    closes = bot_prices.closes_on_disk(
        {pair: one for pair, one in traces.candles.items() if pair in traded}
    )
    marks = None
    if not traded <= set(traces.candles):
        marks = bot_money.marks_of(traces.history, traces.log, traces.status, live=traces.live)
        seen = 0 if marks is None else len(marks)
        traces.remarks.append(
            "without candles the equity curve knows open profit and loss at "
            f"{seen:,} moments (decision log, status, daily wallet); between them it follows the "
            "fills, and a fall that was made good in between does not show"
        )
    return bot_money.equity_of(traces.trades, closes, marks, balance, span)


def named_bot(wanted: Wanted) -> "Bot | None":
    """Return where the bot's traces are; ``None`` where a database alone was named.

    Raises `UsageError` as `find_bot`.
    """
    from plimsoll.control.bot import find_bot

    try:
        return find_bot(wanted.userdir, wanted.config, wanted.db_url)
    except UsageError:
        if wanted.userdir is None and not wanted.config and wanted.db_url is not None:
            return None
        raise


def named_database(wanted: Wanted, bot: "Bot | None") -> str:
    """Return the address of the database that is meant; raises `UsageError` without a bot."""
    if wanted.db_url is not None:
        return wanted.db_url
    if bot is None:
        raise UsageError("expected a bot, found none; name it with --db, or its config with -c")
    return bot.db_url


def _log(
    bot: "Bot | None", db_url: str, wanted: Wanted, trades: pd.DataFrame
) -> tuple["BotLog", list[str]]:
    """Read the decision log of the bot whose database this is, and say what it lacks."""
    from plimsoll.control.bot_log import BotLog, read_bot_log

    account, said = account_of_log(bot, db_url)
    if bot is None or said is not None:
        return BotLog(), [f"what the guards did is not known: {said}"]
    log = read_bot_log(
        bot.folder.decisions,
        account,
        since=_moment(wanted.since),
        until=_moment(wanted.until),
        positions=trade_positions(trades),
    )
    cuts = "the decision log has no record of cut stakes and leverage: they count as 0 here"
    remarks = [cuts] if log.acts is not None else []
    if log.fault is not None:
        remarks.append(f"the decision log is not whole: {log.fault}; see plimsoll log verify")
    return log, remarks


def account_of_log(bot: "Bot | None", db_url: str) -> tuple[str | None, str | None]:
    """Return the account of a bot's decision log, and why the log is not of its database.

    The account is ``None`` where the log names none; the reason where log and database agree.

    Raises
    ------
    PlimsollError
        When the database cannot be read.
    """
    from plimsoll.control.database import read_stamp
    from plimsoll.journal.latch_record import was_stamped

    if bot is None or not bot.folder.decisions.is_dir():
        where = "none was named" if bot is None else f"there is none at {bot.folder.decisions}"
        return None, f"no decision log ({where})"
    stamp = read_stamp(db_url)
    known = stamp is not None and any(
        one and was_stamped(bot.folder.decisions, one) for one in (stamp.current, stamp.previous)
    )
    if stamp is None or not known:
        theirs = "has no stamp of a guarded bot" if stamp is None else "has a stamp it lacks"
        said = f"the decision log at {bot.folder.decisions} is of another database than "
        return None, f"{said}this one, which {theirs}"
    return stamp.account or None, None


def trade_positions(trades: pd.DataFrame) -> dict[int, dict[str, Any]]:
    """Return open time and stake of each trade, by its number."""
    return {
        int(row["trade_id"]): {
            "open_time": row["open_date"].isoformat(),
            "stake_usd": float(row["stake_amount"]),
        }
        for row in trades.to_dict("records")
    }


def _span(
    history: "TradeHistory", trades: pd.DataFrame, log: "BotLog", seen_at: pd.Timestamp | None
) -> bot_money.Span:
    """Return the first and the last moment of which anything is known."""
    from plimsoll.performance.fills import trade_fills

    first = trades["open_date"].min()
    moments = [trade_fills(trades)["time"].max(), trades["close_date"].max(), log.last_at, seen_at]
    moments += list(history.wallet.index[-1:])
    end = max(at for at in moments if at is not None and not pd.isna(at))
    started = history.started_at
    begin = first if started is None else min(first, started)
    if end - begin > pd.Timedelta(days=1) or begin == first:
        begin = min(begin, first - MOMENT)
    return begin, max(end, first + MOMENT)


def _bounds(wanted: Wanted, span: bot_money.Span) -> bot_money.Span:
    since = span[0] if wanted.since is None else max(wanted.since, span[0])
    until = span[1] if wanted.until is None else min(wanted.until, span[1])
    return since, until


def cut(equity: "pd.Series[float]", since: pd.Timestamp, until: pd.Timestamp) -> "pd.Series[float]":
    """Return equity from ``since`` to ``until``, with the value that stood at each."""
    ends = pd.DatetimeIndex([since, until]).as_unit("ns")
    index = equity.index.union(ends)
    filled = equity.reindex(index).ffill().bfill()
    return filled[(filled.index >= since) & (filled.index <= until)]


def _of_the_bounds(within: pd.DataFrame, since: pd.Timestamp, span: bot_money.Span) -> list[str]:
    before = int((within["open_date"] < since).sum())
    if since <= span[0] or not before:
        return []
    said = f"{before} trades were open when the span began: tables have their whole profit, "
    return [f"{said}the curve what was made within the span"]


def _is_live(bot: "Bot | None", log: "BotLog", trades: pd.DataFrame) -> bool:
    """Return whether money was at stake, by the log, the orders' numbers, the config."""
    if log.mode is not None:
        return log.mode == "live"
    numbers = [str(one.get("order_id")) for orders in trades["orders"] for one in orders]
    if numbers:
        return not any(number.startswith("dry_run") for number in numbers)
    return bot is not None and not bot.config.get("dry_run", True)


def _name(traces: _Traces, wanted: Wanted) -> str:
    names = [str(name) for name in dict.fromkeys(traces.trades["strategy"].dropna())]
    return wanted.strategy or (names[-1] if names else "bot")


def _market(traces: _Traces) -> str:
    own = (traces.config or {}).get("plimsoll")
    named = own.get("market") if isinstance(own, Mapping) else None
    if named or (named := traces.log.config.get("plimsoll.market")):
        return str(named)
    exchange = str(traces.trades["exchange"].iloc[-1])
    known = traces.config is not None or traces.log.acts is not None
    return f"real, {exchange}" if known else f"{exchange}, {NO_MARKET}"


def _facts(traces: _Traces, within: pd.DataFrame) -> dict[str, str]:
    from plimsoll.control.database import shown_address
    from plimsoll.reporting.words import money_digits

    names = within["strategy"].fillna("not recorded").value_counts()
    still_open = within[within["close_date"].isna()]
    banked = float(still_open["realized_profit"].sum())
    open_said = f"{len(still_open)}"
    if banked:
        open_said += f", {banked:+,.{money_digits(traces.currency)}f} {traces.currency} made by "
        open_said += "partial exits"
    facts = {
        "Database": shown_address(traces.db_url),
        "Strategies": ", ".join(f"{name} ({count} trades)" for name, count in names.items()),
        "Open trades": open_said,
    }
    for number, remark in enumerate(traces.remarks, start=1):
        facts[f"Note {number}"] = remark[:1].upper() + remark[1:]
    return facts


def _notes(traces: _Traces) -> "dict[tuple[str, pd.Timestamp], TradeNote]":
    keys = zip(traces.trades["pair"], traces.trades["open_date"], strict=True)
    numbers = traces.trades["trade_id"]
    notes = traces.log.notes
    return {key: notes[int(n)] for key, n in zip(keys, numbers, strict=True) if int(n) in notes}


def _without_trades(
    db_url: str, history: "TradeHistory", strategy: str | None, remarks: list[str]
) -> PlimsollError:
    from plimsoll.control.database import shown_address

    shown = shown_address(db_url)
    if strategy is not None and not history.trades.empty:
        names = ", ".join(sorted(set(history.trades["strategy"].dropna())))
        return UsageError(f"expected trades of {strategy} in {shown}, found those of {names}")
    if not history.trades.empty:
        return NoTradeError(f"no trade in {shown} can be told: {'; '.join(remarks)}")
    waiting = f"; {history.resting} entry orders are unfilled" if history.resting else ""
    since = (
        "" if history.started_at is None else f", which has run since {_time(history.started_at)}"
    )
    return NoTradeError(f"no trade yet in {shown}{since}{waiting}: there is nothing to report")


def _moment(at: pd.Timestamp | None) -> Any:
    return None if at is None else at.to_pydatetime()


def _time(at: pd.Timestamp) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
