"""A bot's money: which trades can be added up, what it began with, and its equity since."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from plimsoll.core.errors import PlimsollError, UsageError
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.fills import TRADE_COLUMNS, trade_fills

if TYPE_CHECKING:
    from plimsoll.control.bot import Bot
    from plimsoll.control.bot_log import BotLog
    from plimsoll.control.trade_history import TradeHistory

Span = tuple[pd.Timestamp, pd.Timestamp]


def stake_of(bot: "Bot | None") -> str:
    """Return the stake currency that a bot's config names, USDT where none does."""
    return str((None if bot is None else bot.config.get("stake_currency")) or "USDT")


def usable_trades(
    history: "TradeHistory", stake_currency: str | None, strategy: str | None
) -> tuple[pd.DataFrame, str, list[str]]:
    """Return the trades that can be added up, their stake currency, and what was left out.

    ``stake_currency``: the config's; where it has no trade, the most frequent one, of equals the
    latest. ``strategy`` keeps the trades of one strategy.
    """
    trades, remarks = history.trades, []
    if strategy is not None:
        trades = trades[trades["strategy"] == strategy]
    if history.resting:
        orders = "order rests" if history.resting == 1 else "orders rest"
        remarks.append(f"{history.resting} entry {orders} unfilled: no position yet")
    if trades.empty:
        return trades, stake_currency or "USDT", remarks
    counted = trades["stake_currency"].iloc[::-1].value_counts()
    currency = stake_currency if stake_currency in counted else str(counted.index[0])
    for other in counted.index[counted.index != currency]:
        made = trades.loc[trades["stake_currency"] == other, "profit_abs"].sum()
        remarks.append(
            f"{counted[other]} trades with stakes in {other} are left out, they made "
            f"{made:+,.8g} {other}: amounts of two currencies do not add up"
        )
    trades = trades[trades["stake_currency"] == currency]
    trades, said = _whole(trades)
    return trades.reset_index(drop=True), str(currency), remarks + said + _fees_elsewhere(trades)


def _whole(trades: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Leave out trades that lack a figure, and distrust orders that do not add up."""
    remarks = []
    closed = trades["close_date"].notna()
    bad = closed & (trades["profit_abs"].isna() | trades["close_rate"].isna())
    bad |= trades["open_rate"].isna() | trades["amount"].isna()
    bad |= closed & (trades["close_date"] < trades["open_date"])
    bad |= ~closed & ~trades["is_open"].astype("bool")
    if bad.any():
        numbers = ", ".join(str(number) for number in trades.loc[bad, "trade_id"][:5])
        remarks.append(
            f"{int(bad.sum())} trades lack a rate, a profit or a sound time and are left out "
            f"(number {numbers}{', …' if bad.sum() > 5 else ''})"
        )
        trades = trades[~bad]
    try:
        trade_fills(trades)
    except MeasureError:
        damaged = [row for row in trades.index if not _adds_up(trades.loc[[row]])]
        kept = zip(trades.index, trades["orders"], strict=True)
        orders: list[Any] = [[] if row in damaged else one for row, one in kept]
        trades = trades.assign(orders=orders)
        remarks.append(
            f"the orders of {len(damaged)} closed trades do not add up to their amount; those "
            "trades count by entry and exit alone"
        )
    return trades, remarks


def _adds_up(trade: pd.DataFrame) -> bool:
    try:
        trade_fills(trade.reset_index(drop=True))
    except MeasureError:
        return False
    return True


def _fees_elsewhere(trades: pd.DataFrame) -> list[str]:
    """Name the fees that were paid in another currency than the stake's."""
    paid: dict[str, float] = {}
    for side in ("open", "close"):
        names, costs = trades[f"fee_{side}_currency"], trades[f"fee_{side}_cost"]
        for name, cost in zip(names, costs, strict=True):
            if isinstance(name, str) and cost is not None and cost == cost:
                paid[name] = paid.get(name, 0.0) + float(cost)
    known = {*trades["stake_currency"], *trades["pair"].str.split("/").str[0]}
    return [
        f"fees of {cost:,.8g} {name} were paid in {name}; Freqtrade takes them off the profit "
        "at their worth"
        for name, cost in sorted(paid.items())
        if name not in known
    ]


def starting_balance(
    named: float | None,
    history: "TradeHistory",
    log: "BotLog",
    config: Mapping[str, Any] | None,
    currency: str,
) -> tuple[float, list[str]]:
    """Return what the account began with, in the stake currency, and where that is from.

    The first that is known of: what was named, what Plimsoll stored (without transfers since),
    the config's, and the first day of Freqtrade's wallet history.

    Raises
    ------
    UsageError
        When none is.
    """
    from plimsoll.reporting.words import money_digits

    if named is not None:
        return named, []
    moved = float(log.transfers.sum())
    remarks = []
    if len(log.transfers):
        remarks.append(
            f"{moved:+,.{money_digits(currency)}f} {currency} came or went without a trade "
            f"({len(log.transfers)} records); no curve here counts them as profit or loss"
        )
    if history.capital_usd is not None and history.capital_usd - moved > 0.0:
        return history.capital_usd - moved, remarks
    configured = _configured(config, currency) or _configured(_nested(log.config), currency)
    if configured is not None:
        return configured, remarks
    if not history.wallet.empty:
        first = history.wallet.index[0]
        closed = history.trades[history.trades["close_date"] <= first]
        balance = float(history.wallet.iloc[0] - closed["profit_abs"].sum())
        said = f"the starting balance is taken from the wallet of {first:%Y-%m-%d}"
        return balance, [*remarks, said]
    raise UsageError(
        "expected the bot's starting balance on record, found none; name it with "
        "--starting-balance, or the bot's config with -c"
    )


def _configured(config: Mapping[str, Any] | None, currency: str) -> float | None:
    if config is None:
        return None
    for name in ("available_capital", "dry_run_wallet"):
        value = config.get(name)
        if isinstance(value, Mapping):
            value = value.get(currency)
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return float(value)
    return None


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return the wallet of a flat config as Freqtrade writes it."""
    wallets = {
        str(key).removeprefix("dry_run_wallet."): value
        for key, value in flat.items()
        if str(key).startswith("dry_run_wallet.")
    }
    return {**flat, **({"dry_run_wallet": wallets} if wallets else {})}


def equity_of(
    trades: pd.DataFrame,
    closes: pd.DataFrame | None,
    marks: "pd.Series[float] | None",
    balance: float,
    span: Span,
) -> tuple["pd.Series[float]", pd.DataFrame]:
    """Return equity, and every price that is known of the traded pairs, over a span.

    Raises
    ------
    PlimsollError
        When the trades cannot be measured.
    """
    from plimsoll.performance.known_equity import known_closes_of, known_equity

    start, end = span
    also = None if marks is None else pd.DatetimeIndex(marks.index)
    measured = trades[[*TRADE_COLUMNS, "orders"]]
    try:
        known = known_closes_of(measured, closes, start=start, end=end, also=also)
        return known_equity(measured, known, balance, marks), known
    except MeasureError as error:
        raise PlimsollError(f"the bot's trades cannot be measured: {error}") from error


def marks_of(
    history: "TradeHistory",
    log: "BotLog",
    status: Mapping[str, Any],
    *,
    live: bool,
) -> "pd.Series[float] | None":
    """Return equity at the moments at which somebody measured it, without transfers since.

    Decision log and status have the account's own. Freqtrade's wallet history has the whole
    wallet, which is the account in a dry-run alone.
    """
    known: dict[pd.Timestamp, float] = {
        pd.Timestamp(at): usd for at, usd in zip(log.equity.index, log.equity, strict=True)
    }
    equity, seen_at = status.get("equity_usd"), as_of(status)
    if isinstance(equity, int | float) and seen_at is not None:
        known[seen_at] = float(equity)
    for at in known:
        known[at] -= float(log.transfers[log.transfers.index <= at].sum())
    if not live:
        wallet = zip(history.wallet.index, history.wallet, strict=True)
        known = {**{pd.Timestamp(at): usd for at, usd in wallet}, **known}
    if not known:
        return None
    index = pd.DatetimeIndex([pd.Timestamp(at) for at in known]).tz_convert("UTC").as_unit("ns")
    marks = pd.Series(list(known.values()), index=index, dtype="float64").sort_index()
    return marks[~marks.index.duplicated(keep="last")].dropna()


def as_of(status: Mapping[str, Any]) -> pd.Timestamp | None:
    """Return the bot's time after its last loop; ``None`` when its status does not have it."""
    told = status.get("as_of")
    try:
        at = pd.Timestamp(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return None if at is None or at.tz is None else at.tz_convert("UTC")


def costs_of(trades: pd.DataFrame) -> dict[str, float]:
    """Return the mean fee of entries and of exits in basis points of notional."""
    closed = trades[trades["close_date"].notna()]
    costs = {"entry fee": float(trades["fee_open"].mean() * 10_000.0)}
    if not closed.empty:
        costs["exit fee"] = float(closed["fee_close"].mean() * 10_000.0)
    return {name: round(bps, 3) for name, bps in costs.items()}
