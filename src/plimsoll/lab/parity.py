"""Two records of a strategy, read and compared: a backtest's result, a bot's database."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.parity_evidence import (
    LogEvidence,
    candles_of,
    entry_timeout,
    halted_spans,
    length_of,
    log_of,
    most_trades,
    read_locks,
    rests_entries,
    result_locks,
)
from plimsoll.lab.results import BacktestResult, candles_beside, read_backtests
from plimsoll.parity import Bill, Kind, Record, RecordedTrade, bill_of, read_trades

if TYPE_CHECKING:
    from plimsoll.control.trade_history import TradeHistory

SQLITE = b"SQLite format 3\x00"
A_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is compared, and what may serve as evidence.

    ``a`` and ``b`` name a backtest's result (its .zip or folder) or a database (a file or an
    address). ``config`` and ``userdir`` are the bot's, ``datadir`` has the backtest's candles.
    ``window_candles`` is how far apart openings of one trade may lie. ``ran`` is the span for
    which every bot is known to have run, its end excluded; without it a database tells its own.
    ``value_open``: see `plimsoll.parity.bill_of`.
    """

    a: str
    b: str
    strategy: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    window_candles: float | None = None
    config: tuple[Path, ...] = ()
    userdir: Path | None = None
    datadir: Path | None = None
    ran: tuple[datetime, datetime] | None = None
    value_open: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """A bill, and what a reader must know of how it was made."""

    bill: Bill
    remarks: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Read:
    """A record with the strategies it has, its timeframe, and what it lacks."""

    record: Record
    timeframe: str
    datadir: Path | None
    remarks: tuple[str, ...]
    has_config: bool


def compare_records(wanted: Wanted) -> Compared:
    """Read both records, match their trades and split the difference into causes.

    Raises
    ------
    UsageError
        When one is not there, or does not hold the strategy.
    PlimsollError
        When one cannot be read, or they share no span.
    """
    strategy = wanted.strategy or _shared_strategy(wanted)
    a, b = (_read(named, strategy, wanted) for named in (wanted.a, wanted.b))
    remarks = [*a.remarks, *b.remarks]
    ours, theirs = a.record, b.record
    if not b.has_config:
        theirs, said = _with_slots(theirs, ours, "B", "A")
        remarks += said
    if not a.has_config:
        ours, said = _with_slots(ours, theirs, "A", "B")
        remarks += said
    datadir = wanted.datadir or a.datadir or b.datadir
    pairs = {trade.pair for record in (ours, theirs) for trade in record.trades}
    if datadir is not None:
        candles = candles_of(datadir, pairs, a.timeframe or b.timeframe, _wider(ours, theirs))
        ours, theirs = replace(ours, candles=candles), replace(theirs, candles=candles)
        remarks.append(f"prices were held against the candles in {datadir}")
    else:
        remarks.append("no candles were at hand: causes that need them are not named (--datadir)")
    window = None
    if wanted.window_candles is not None:
        window = max(ours.candle, theirs.candle) * wanted.window_candles
    if wanted.value_open:
        remarks.append("what was open at the end counts at the price at which A's end closed it")
    bill = bill_of(
        ours,
        theirs,
        window=window,
        since=wanted.since,
        until=wanted.until,
        value_open=wanted.value_open,
    )
    return Compared(bill, tuple(dict.fromkeys(remarks)))


def _with_slots(record: Record, other: Record, name: str, source: str) -> tuple[Record, list[str]]:
    """Return a record whose slots are taken from the other where nothing says them."""
    if record.max_open_trades is not None or other.max_open_trades is None:
        return record, []
    said = (
        f"{name}'s max_open_trades is not known and taken from {source}; name {name}'s config "
        "with -c"
    )
    return replace(record, max_open_trades=other.max_open_trades), [said]


def is_database(named: str) -> bool:
    """Return whether a name means a database: an address, or a file of SQLite.

    Raises `UsageError` when a file is neither that nor can be a backtest's result.
    """
    if "://" in named:
        return True
    file = Path(named).expanduser()
    if not file.exists():
        raise UsageError(f"expected a backtest result or a database at {file}, found nothing")
    if file.is_dir():
        return False
    with file.open("rb") as opened:
        return opened.read(len(SQLITE)) == SQLITE


def address_of(named: str) -> str:
    """Return a database's address; a file may be named as it is."""
    return named if "://" in named else f"sqlite:///{Path(named).expanduser().resolve()}"


def _shared_strategy(wanted: Wanted) -> str | None:
    """Return the strategy that both have; None where one database says nothing of it.

    Raises `UsageError` when there are several, or none.
    """
    names = [_strategies(named) for named in (wanted.a, wanted.b)]
    if not all(names):
        return None
    shared = sorted(names[0] & names[1])
    if len(shared) == 1:
        return shared[0]
    listed = [", ".join(sorted(one)) for one in names]
    if shared:
        raise UsageError(f"both hold {', '.join(shared)}; name one with --strategy")
    raise UsageError(f"A holds {listed[0]}, B holds {listed[1]}: they share no strategy")


def _strategies(named: str) -> set[str]:
    if not is_database(named):
        return {result.strategy for result in read_backtests(Path(named).expanduser())}
    from plimsoll.control.trade_history import read_trade_history

    trades = read_trade_history(address_of(named)).trades
    return set(trades["strategy"].dropna().astype(str))


def _read(named: str, strategy: str | None, wanted: Wanted) -> _Read:
    if is_database(named):
        return _database(named, strategy, wanted)
    results = read_backtests(Path(named).expanduser())
    chosen = [one for one in results if strategy in (None, one.strategy)]
    if len(chosen) != 1:
        held = ", ".join(one.strategy for one in results)
        raise UsageError(f"expected {strategy or 'one strategy'} in {named}, found {held}")
    return _backtest(chosen[0])


def _backtest(result: BacktestResult) -> _Read:
    from freqtrade.data.btanalysis import load_backtest_stats

    stats = load_backtest_stats(result.path)["strategy"][result.strategy]
    config = result.config
    candle = length_of(result.timeframe)
    exchange = (config.get("exchange") or {}).get("name")
    acts = None if result.acts is None else result.acts.acts
    record = Record(
        name=f"{result.strategy}, backtest",
        kind=Kind.BACKTEST,
        trades=read_trades(stats["trades"]),
        start=result.start.to_pydatetime(),
        end=result.end.to_pydatetime() + candle,
        candle=candle,
        stake_currency=str(stats.get("stake_currency") or "USDT"),
        starting_balance=result.starting_balance_usd,
        max_open_trades=most_trades(stats.get("max_open_trades_setting")),
        halted=halted_spans(acts or ()),
        locks=result_locks(stats),
    )
    beside = None if exchange is None else candles_beside(result.path, str(exchange))
    return _Read(record, result.timeframe, beside, (), has_config=bool(config))


def _database(named: str, strategy: str | None, wanted: Wanted) -> _Read:
    from plimsoll.control.bot import find_bot
    from plimsoll.control.trade_history import read_trade_history, timeframe_of

    url = address_of(named)
    history = read_trade_history(url)
    frame = history.trades
    if strategy is not None:
        frame = frame[frame["strategy"] == strategy]
    if frame.empty and wanted.ran is None:
        raise PlimsollError(
            f"{named} has no trade{'' if strategy is None else f' of {strategy}'}: nothing to "
            "compare yet"
        )
    asked = wanted.config or wanted.userdir is not None
    bot = find_bot(wanted.userdir, wanted.config, url) if asked else None
    config: dict[str, Any] = dict(bot.config) if bot is not None else {}
    trades = read_trades(_records(frame))
    log = log_of(bot, url)
    types = [trade.entries[0].order_type for trade in trades if trade.entries[0].order_type]
    minutes = frame["timeframe"].dropna()
    timeframe = timeframe_of(float(minutes.iloc[-1]) if len(minutes) else None)
    start, end = wanted.ran or _span(history, log, trades)
    record = Record(
        name=f"{strategy or 'database'}, bot",
        kind=Kind.BOT,
        trades=trades,
        start=start,
        end=end,
        candle=length_of(timeframe),
        stake_currency="USDT" if frame.empty else str(frame["stake_currency"].iloc[-1]),
        starting_balance=history.capital_usd,
        max_open_trades=most_trades(config.get("max_open_trades")),
        limit_entries=rests_entries(config, types),
        entry_timeout_seconds=entry_timeout(config) or 600.0,
        denied=log.denied,
        halted=log.halted,
        locks=read_locks(url),
    )
    remarks = [] if log.fault is None else [f"of the decision log: {log.fault}"]
    if bot is None:
        remarks.append("without the bot's config (-c, --userdir) its decision log is not read")
    return _Read(record, timeframe, None, tuple(remarks), has_config=bool(config))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _span(
    history: "TradeHistory", log: LogEvidence, trades: Sequence[RecordedTrade]
) -> tuple[datetime, datetime]:
    """Return from when to when a bot is known to have run, the end excluded.

    It began when the database says so, or with its first trade, and ran until the last moment
    that any of its files knows.
    """
    known = [fill.at for trade in trades for fill in trade.fills]
    known += [log.last_at] if log.last_at is not None else []
    known += [at.to_pydatetime() for at in history.wallet.index[-1:]]
    start = trades[0].opened_at
    if history.started_at is not None:
        started = pd.Timestamp(history.started_at)
        started = started.tz_localize(UTC) if started.tzinfo is None else started.tz_convert(UTC)
        start = min(start, started.to_pydatetime())
    return start, max(known).astimezone(UTC) + A_MOMENT


def _wider(a: Record, b: Record) -> Record:
    """Return a record that spans both, to load candles for."""
    return replace(a, start=min(a.start, b.start), end=max(a.end, b.end))
