"""All trades of a bot's database and the money behind them, read beside a bot that may run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from freqtrade.persistence import KeyValueStore, Trade, WalletHistory
from sqlalchemy import func, inspect, select

from plimsoll.bridge.account.capital import UnreadableCapitalError, read_capital
from plimsoll.bridge.account.stored_levels import UnreadableLevelsError, read_levels
from plimsoll.control.database import opened_to_read, shown_address
from plimsoll.core import PlimsollError

MINUTES_IN = {"m": 1, "h": 60, "d": 1440, "w": 10080}


@dataclass(frozen=True, eq=False)
class TradeHistory:
    """What a database knows of a bot's trading.

    Attributes
    ----------
    trades
        Freqtrade's trade export, a row a trade with a position, by id; an open one has a NaT
        ``close_date`` and no ``profit_abs``. Also ``trade_id``, ``strategy``,
        ``stake_currency`` and ``realized_profit`` of what partial exits made. ``stake_amount``
        of a closed trade is that of all its entries.
    resting
        Open trades whose entry order nothing has filled: no position, so no row.
    capital_usd
        The starting balance that Plimsoll has stored; ``None`` when no guarded bot did.
    beside_usd
        What positions earned that no trade knew.
    wallet
        The whole wallet in the stake currency at each midnight, open positions included, as
        Freqtrade recorded it; may be empty.
    started_at
        When the bot first started; ``None`` when the database does not say.
    """

    trades: pd.DataFrame
    resting: int = 0
    capital_usd: float | None = None
    beside_usd: float = 0.0
    wallet: "pd.Series[float]" = field(default_factory=lambda: _series({}))
    started_at: pd.Timestamp | None = None


def read_trade_history(db_url: str) -> TradeHistory:
    """Read a bot's database without writing, migrating or locking it.

    The bot may run, or have been killed in the middle of a write: that write is left out.

    Raises
    ------
    UsageError
        When there is no such database.
    PlimsollError
        When it cannot be read, or was written by another version of Freqtrade.
    """
    with opened_to_read(db_url):
        _check_layout(db_url)
        rows = _rows(db_url)
        held = [row for row in rows if not row["is_open"] or _has_position(row)]
        started = KeyValueStore.get_datetime_value("bot_start_time")
        capital_usd, beside_usd = _capital()
        return TradeHistory(
            trades=_frame(held),
            resting=len(rows) - len(held),
            capital_usd=capital_usd,
            beside_usd=beside_usd,
            wallet=_wallet(),
            started_at=None if started is None else pd.Timestamp(started),
        )


def timeframe_of(minutes: float | None) -> str:
    """Return Freqtrade's name of a length of candles, empty when it is not known."""
    if minutes is None or not minutes > 0:
        return ""
    unit = next(unit for unit in ("w", "d", "h", "m") if minutes % MINUTES_IN[unit] == 0)
    return f"{int(minutes) // MINUTES_IN[unit]}{unit}"


def _check_layout(db_url: str) -> None:
    """Refuse a database whose tables are not those of this Freqtrade, with the reason."""
    tables = inspect(Trade.session.get_bind())
    shown = shown_address(db_url)
    if not tables.has_table(Trade.__tablename__):
        raise PlimsollError(f"{shown} is no database of Freqtrade: it has no table of trades")
    for model in (Trade, Trade.orders.property.mapper.class_):
        known = {column["name"] for column in tables.get_columns(model.__tablename__)}
        missing = sorted({column.name for column in model.__table__.columns} - known)
        if missing:
            raise PlimsollError(
                f"{shown} was written by another version of Freqtrade: its table "
                f"{model.__tablename__} lacks {', '.join(missing[:4])}; start the bot once with "
                "this version, which brings its database up to date, or read it with the old one"
            )


def _rows(db_url: str) -> list[dict[str, Any]]:
    """Read all trades; a value that is none of its column's kind is a database that is damaged."""
    try:
        stored = Trade.session.scalars(select(Trade).order_by(Trade.id)).unique()
        return [_row(trade) for trade in stored]
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        shown = shown_address(db_url)
        said = str(error).splitlines()[0]
        raise PlimsollError(
            f"{shown} holds a trade or an order that cannot be read ({said}); "
            "look at it with Freqtrade, or go back to a backup"
        ) from None


def _row(trade: Trade) -> dict[str, Any]:
    row: dict[str, Any] = trade.to_json()
    return {**row, "stake_currency": trade.stake_currency or trade.safe_quote_currency}


def _has_position(row: Mapping[str, Any]) -> bool:
    """Return whether any order of a trade was filled; one without orders was entered somehow."""
    orders = row["orders"]
    return not orders or any((order.get("filled") or 0.0) > 0.0 for order in orders)


def _frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    names = None if rows else ["trade_id", *_NEEDED]
    frame = pd.DataFrame.from_records([dict(row) for row in rows], columns=names)
    for name in ("open", "close"):
        moments = frame[f"{name}_timestamp"].astype("float64")
        frame[f"{name}_date"] = pd.to_datetime(moments, unit="ms", utc=True)
    for name in ("funding_fees", "fee_open", "fee_close", "realized_profit"):
        frame[name] = frame[name].astype("float64").fillna(0.0)
    for name in ("profit_abs", "close_rate", "min_rate", "max_rate"):
        frame[name] = frame[name].astype("float64")
    # Freqtrade stores 0 for an extreme that nobody has seen yet.
    for name in ("min_rate", "max_rate"):
        frame[name] = frame[name].where(frame[name] > 0.0)
    # Of a trade that left in parts Freqtrade keeps the stake of the last part alone.
    entered = frame["max_stake_amount"].astype("float64")
    whole = frame["close_timestamp"].notna() & (entered > 0.0)
    frame["stake_amount"] = frame["stake_amount"].astype("float64").mask(whole, entered)
    frame["is_short"] = frame["is_short"].astype("bool")
    frame.loc[frame["is_open"].astype("bool"), ["close_date", "profit_abs"]] = [pd.NaT, None]
    return frame


_NEEDED = (
    *("pair", "is_open", "open_timestamp", "close_timestamp", "open_rate", "close_rate"),
    *("amount", "is_short", "fee_open", "fee_close", "fee_open_cost", "fee_close_cost"),
    *("fee_open_currency", "fee_close_currency", "funding_fees", "profit_abs"),
    *("realized_profit", "leverage", "stake_amount", "max_stake_amount", "enter_tag"),
    *("exit_reason", "min_rate", "max_rate", "strategy", "timeframe", "stake_currency"),
    *("trading_mode", "exchange", "orders"),
)


def _capital() -> tuple[float | None, float]:
    try:
        capital = read_capital()
    except UnreadableCapitalError:
        capital = None
    if capital is not None:
        return capital.usd, capital.beside_usd
    try:
        return read_levels().capital_usd, 0.0
    except UnreadableLevelsError:
        return None, 0.0


def _wallet() -> "pd.Series[float]":
    if not inspect(WalletHistory.session.get_bind()).has_table(WalletHistory.__tablename__):
        return _series({})
    total = func.sum(WalletHistory.total_quote)
    query = select(WalletHistory.timestamp, total).where(
        WalletHistory.bot_managed.is_(True), WalletHistory.total_quote.is_not(None)
    )
    rows = WalletHistory.session.execute(query.group_by(WalletHistory.timestamp))
    return _series({at: float(usd) for at, usd in rows if usd is not None})


def _series(values: Mapping[Any, float]) -> "pd.Series[float]":
    index = pd.DatetimeIndex(list(values), tz="UTC")
    return pd.Series(list(values.values()), index=index, dtype="float64").sort_index()
