"""The account as the exchange reports it, read through Freqtrade's own exchange object."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

import ccxt
from freqtrade.enums import TradingMode
from freqtrade.exceptions import FreqtradeException
from freqtrade.exchange import Exchange

from plimsoll.bridge.freqtrade.order_ids import ccxt_objects
from plimsoll.core.books import ExchangeBooks, ExchangeOrder, ExchangePosition, Transfer
from plimsoll.core.side import Side

logger = logging.getLogger(__name__)

LOOKED_INTO = timedelta(days=6, hours=12)
"""How far back the orders of a pair are looked into; Binance lists seven days at once."""
ORDER_PAGE = 500
"""How many orders Binance lists at once, the oldest first; stops that trail are more in a day."""
RECORD_KEPT = timedelta(days=85)
"""How far back the record of transfers is asked for; Binance keeps it for three months."""
TRANSFER_PAGE = 1000
BYBIT_PAGE, BYBIT_WEEK_MS = 50, 7 * 86_400_000
TRANSFERS = frozenset({"transfer", "deposit", "withdrawal"})
NO_RECORD = (ccxt.NotSupported, ccxt.PermissionDenied, ccxt.BadRequest, ccxt.ArgumentsRequired)
UNREADABLE = (FreqtradeException, ccxt.BaseError, KeyError, TypeError, ValueError, AttributeError)


def can_be_read(config: Mapping[str, Any]) -> bool:
    """Return whether a config has an account on an exchange whose books can be read.

    A dry-run has none, and an account that is traded on margin is not known here.
    """
    mode = config.get("trading_mode") or TradingMode.SPOT
    return not config.get("dry_run", True) and mode in (TradingMode.FUTURES, TradingMode.SPOT)


def read_books(
    exchange: Exchange,
    as_of: datetime,
    *,
    transfers_since: datetime | None = None,
    look_into: Iterable[str] = (),
    hedge_mode: bool | None = None,
) -> ExchangeBooks:
    """Read positions, open orders and the wallet; only questions are sent.

    Positions are read first and the wallet last: an order that fills in between makes margin
    that no position explains, never a position that vanishes.

    Parameters
    ----------
    exchange
        Freqtrade's, of the account that is read.
    as_of
        Timezone-aware UTC.
    transfers_since
        Read the record of transfers from this moment on, or as far back as it is kept; without
        it ``transfers`` is empty.
    look_into
        Pairs whose orders of the last days are read as well.
    hedge_mode
        What is known of the account's mode; ``None`` asks for it.

    Returns
    -------
    What could be read, or books with their ``fault`` when anything but the record of transfers
    could not: without it a wallet that agrees is still a wallet that agrees. Those of a spot
    account have ``coins`` and no positions, and neither wallet nor transfers.
    """
    if exchange.trading_mode == TradingMode.SPOT:
        return _read_spot_books(exchange, as_of, look_into)
    try:
        positions, unrealised_usd = _positions(exchange)
        orders = _open_orders(exchange)
        done = tuple(one for pair in look_into for one in done_orders(exchange, pair, as_of))
        mode = _hedge_mode(exchange, positions) if hedge_mode is None else hedge_mode
        transfers = (
            ()
            if transfers_since is None
            else _transfers(exchange, max(transfers_since, as_of - RECORD_KEPT))
        )
        wallet_usd, margin_usd = _wallet(exchange, unrealised_usd)
        pairs = {one.pair for one in positions} | {one.pair for one in orders}
        return ExchangeBooks(
            as_of=as_of,
            positions=positions,
            orders=orders,
            done=done,
            wallet_usd=wallet_usd,
            margin_usd=margin_usd,
            transfers=transfers,
            hedge_mode=mode or any(one.pair in _twice(positions) for one in positions),
            steps={pair: _step(exchange, pair) for pair in pairs},
        )
    except UNREADABLE as error:
        return ExchangeBooks(as_of=as_of, fault=_words(error))


def _read_spot_books(
    exchange: Exchange, as_of: datetime, look_into: Iterable[str]
) -> ExchangeBooks:
    """Read coins, then orders: of a stop that fills in between the coins are held a look longer."""
    try:
        coins = _coins(exchange)
        orders = _open_orders(exchange)
        done = tuple(one for pair in look_into for one in done_orders(exchange, pair, as_of))
        stake = exchange._config["stake_currency"]  # noqa: SLF001 - it offers no config
        pairs = {one.pair for one in orders} | {
            pair
            for pair in (f"{coin}/{stake}" for coin, amount in coins.items() if amount)
            if pair in exchange.markets
        }
        return ExchangeBooks(
            as_of=as_of,
            orders=orders,
            done=done,
            hedge_mode=False,
            steps={pair: _step(exchange, pair) for pair in pairs},
            coins=coins,
        )
    except UNREADABLE as error:
        return ExchangeBooks(as_of=as_of, coins={}, fault=_words(error))


def _coins(exchange: Exchange) -> dict[str, float]:
    """Return what there is of each currency, free and in orders.

    Raises
    ------
    ValueError
        When a balance is no number.
    """
    coins = {}
    for coin, balance in exchange.get_balances().items():
        if not isinstance(balance, Mapping):
            continue  # a moment, of all balances
        total = balance.get("total")
        if total is None:
            total = float(balance["free"]) + float(balance["used"])
        if not isfinite(float(total)):
            raise ValueError(f"the balance of {coin} is {total}")
        coins[coin] = float(total)
    return coins


def _transfers(exchange: Exchange, since: datetime) -> tuple[Transfer, ...] | None:
    """Return the record of transfers; ``None`` where it cannot be read now, or not that far."""
    try:
        return read_transfers(exchange, since)
    except UNREADABLE as error:
        logger.warning("plimsoll: the record of transfers cannot be read: %s", _words(error))
        return None


def _words(error: Exception) -> str:
    text = str(error) or "no reason given"
    return f"{type(error).__name__}: {text.splitlines()[0]}"


def read_transfers(exchange: Exchange, since: datetime) -> tuple[Transfer, ...] | None:
    """Return money that was moved after a moment, oldest first; ``None`` without such a record.

    Also where the key may not read it.

    Raises
    ------
    ccxt.BaseError
        When the exchange keeps the record but does not answer.
    """
    api = exchange._api  # noqa: SLF001 - Freqtrade reads no ledger
    if not api.has.get("fetchLedger"):
        return None
    currency = exchange._config["stake_currency"]  # noqa: SLF001 - it offers no config
    if exchange.id.startswith("bybit"):
        return _bybit_transfers(api, currency, since)
    start = int(since.timestamp() * 1000)
    params = _kind(exchange)
    if exchange.id.startswith("binance"):
        params = {**params, "incomeType": "TRANSFER"}
    entries: dict[str, Transfer] = {}
    while True:
        try:
            page = api.fetch_ledger(currency, start, TRANSFER_PAGE, params)
        except NO_RECORD:
            return None
        moved = [_transfer(one) for one in page if one["type"] in TRANSFERS]
        entries.update({f"{one.id} {one.at}": one for one in moved})
        if len(page) < TRANSFER_PAGE:
            break
        start = int(page[-1]["timestamp"]) + 1
    return tuple(sorted(entries.values(), key=lambda one: one.at))


def _bybit_transfers(api: Any, currency: str, since: datetime) -> tuple[Transfer, ...] | None:
    """Return money that was moved, week by week: Bybit tells no more of its log at once."""
    entries: dict[str, Transfer] = {}
    start, now = int(since.timestamp() * 1000), int(api.milliseconds())
    while start <= now:
        end = min(start + BYBIT_WEEK_MS, now)
        for kind in ("TRANSFER_IN", "TRANSFER_OUT"):
            cursor = ""
            while True:
                asked = {"type": kind, "endTime": end, **({"cursor": cursor} if cursor else {})}
                try:
                    page = api.fetch_ledger(currency, start, BYBIT_PAGE, asked)
                except NO_RECORD:
                    return None
                entries.update({f"{one.id} {one.at}": one for one in map(_transfer, page)})
                told = (one["info"].get("nextPageCursor") for one in page)
                cursor = next((one for one in told if one), "")
                if len(page) < BYBIT_PAGE or not cursor:
                    break
        start = end + 1
    return tuple(sorted(entries.values(), key=lambda one: one.at))


def _transfer(entry: Mapping[str, Any]) -> Transfer:
    sign = -1 if entry["direction"] == "out" else 1
    at = datetime.fromtimestamp(entry["timestamp"] / 1000, UTC)
    return Transfer(id=str(entry["id"]), at=at, amount_usd=sign * abs(float(entry["amount"])))


def _positions(exchange: Exchange) -> tuple[tuple[ExchangePosition, ...], float]:
    """Return the open positions, and what they have made so far in USD."""
    positions, unrealised_usd = [], 0.0
    for one in exchange.fetch_positions():
        contracts = one["contracts"]
        if contracts is not None and not float(contracts):
            continue
        pair, side = one["symbol"], one["side"]
        amount = exchange._contracts_to_amount(pair, float(contracts))  # noqa: SLF001 - as its wallet
        unrealised_usd += float(one.get("unrealizedPnl") or 0.0)
        mode = one.get("marginMode")
        positions.append(
            ExchangePosition(
                pair=pair,
                side=Side(side),
                amount=abs(amount),
                entry_price=_number(one.get("entryPrice")),
                mark_price=_number(one.get("markPrice")),
                cross=None if mode is None else mode == "cross",
            )
        )
    return tuple(positions), unrealised_usd


def marks_of(positions: Iterable[ExchangePosition]) -> dict[str, float]:
    """Return the mark price of each pair that is held, where the exchange tells it."""
    return {one.pair: one.mark_price for one in positions if one.mark_price is not None}


def stated_marks(exchange: Exchange) -> dict[str, float] | None:
    """Ask for the positions alone and return their mark prices; ``None`` without an answer."""
    try:
        return marks_of(_positions(exchange)[0])
    except UNREADABLE as error:
        logger.warning("plimsoll: the mark prices cannot be read: %s", _words(error))
        return None


def _open_orders(exchange: Exchange) -> tuple[ExchangeOrder, ...]:
    """Return every open order of every pair, conditional ones as well."""
    api = exchange._api  # noqa: SLF001 - Freqtrade lists no open orders of all pairs
    # ccxt refuses to list the orders of all pairs before it is told that the weight is known.
    for one in ccxt_objects(exchange):
        one.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
    kind = _kind(exchange)
    orders = [_order(exchange, one) for one in api.fetch_open_orders(params=kind)]
    if exchange.get_option("stoploss_query_requires_stop_flag"):
        waiting = api.fetch_open_orders(params={**kind, "stop": True})
        orders += [_order(exchange, one, conditional=True) for one in waiting]
    return tuple({one.id: one for one in orders}.values())


def done_orders(exchange: Exchange, pair: str, now: datetime) -> Sequence[ExchangeOrder]:
    """Return the orders of a pair of the last days that are no longer open.

    Raises
    ------
    FreqtradeException, ccxt.BaseError
        When the exchange does not answer.
    """
    since, orders = now - LOOKED_INTO, dict[str, Any]()
    while True:
        page = exchange.fetch_orders(pair, since)
        new = [one for one in page if one["id"] not in orders]
        orders.update({one["id"]: one for one in page})
        if len(page) < ORDER_PAGE or not new:
            break
        since = datetime.fromtimestamp(max(one["timestamp"] for one in new) / 1000, UTC)
    done = [one for one in orders.values() if one.get("status") != "open"]
    return [_order(exchange, one, in_contracts=False) for one in done]


def _order(
    exchange: Exchange,
    order: Any,
    *,
    conditional: bool = False,
    in_contracts: bool = True,
) -> ExchangeOrder:
    if in_contracts:
        order = exchange._order_contracts_to_amount(order)  # noqa: SLF001 - as its own orders
    is_spot = exchange.trading_mode == TradingMode.SPOT
    trigger = _number(order.get("triggerPrice") or order.get("stopPrice"))
    placed = order.get("timestamp")
    return ExchangeOrder(
        id=str(order["id"]),
        pair=order["symbol"],
        side=Side.LONG if order["side"] == "buy" else Side.SHORT,
        amount=_finite(order.get("amount") or 0.0),
        filled=_finite(order.get("filled") or 0.0),
        price=trigger or _number(order.get("price")) or _number(order.get("average")),
        client_id=order.get("clientOrderId"),
        conditional=conditional or trigger is not None,
        # Nothing is short on spot: who sells there gives away what is held.
        reduce_only=bool(order.get("reduceOnly")) or (is_spot and order["side"] == "sell"),
        placed_at=None if placed is None else datetime.fromtimestamp(placed / 1000, UTC),
    )


def _kind(exchange: Exchange) -> dict[str, Any]:
    """Return what tells ccxt to ask for futures where no pair does; nothing for spot."""
    if exchange.trading_mode == TradingMode.SPOT:
        return {}
    return {"type": exchange.get_option("ccxt_futures_name")}


def _hedge_mode(exchange: Exchange, positions: Sequence[ExchangePosition]) -> bool | None:
    api = exchange._api  # noqa: SLF001 - Freqtrade asks for it at its start alone
    if not api.has.get("fetchPositionMode"):
        return None
    symbol = positions[0].pair if positions else None
    hedged = api.fetch_position_mode(symbol)["hedged"]
    return None if hedged is None else bool(hedged)


def _twice(positions: Sequence[ExchangePosition]) -> set[str]:
    """Return the pairs that are held long and short at once."""
    sides: dict[str, set[Side]] = {}
    for one in positions:
        sides.setdefault(one.pair, set()).add(one.side)
    return {pair for pair, held in sides.items() if len(held) > 1}


def _wallet(exchange: Exchange, unrealised_usd: float) -> tuple[float, float | None]:
    """Return the whole wallet without open profit and loss, and what backs positions and orders.

    Where the exchange names the wallet's balance, that counts: an equity without the open profit
    and loss of another request is off by what the marks moved in between.
    """
    balances: Any = exchange._api.fetch_balance(_kind(exchange))  # noqa: SLF001 - Freqtrade drops parts
    currency = exchange.get_proxy_coin()
    whole = float(balances[currency]["total"])
    if exchange.balance_includes_unrealized_pnl():
        whole -= unrealised_usd
    assets = (balances.get("info") or {}).get("assets") or ()
    for asset in assets:
        if asset.get("asset") == currency and asset.get("walletBalance") is not None:
            whole = float(asset["walletBalance"])
    return whole, _number(balances[currency].get("used"))


def _step(exchange: Exchange, pair: str) -> float:
    """Return the smallest amount of a pair that can be traded, in the base currency."""
    size = exchange.get_contract_size(pair) or 1.0
    if exchange.precisionMode == ccxt.TICK_SIZE:
        return float(exchange.get_precision_amount(pair) or 0.0) * size
    decimals = exchange.get_precision_amount(pair)
    return 0.0 if decimals is None else float(10**-decimals) * size


def _finite(value: Any) -> float:
    """Return a number; ValueError where it is none that can be compared."""
    if not isfinite(number := float(value)):
        raise ValueError(f"the amount of an order is {value}")
    return number


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
