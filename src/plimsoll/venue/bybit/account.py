"""The signed endpoints that show the account: wallet, positions, executions, bookings, rights.

Source: bybit-exchange.github.io/docs/v5: account, position, user, asset. A unified account (UTA
2.0) in isolated margin mode.
"""

from itertools import accumulate
from typing import Any

from plimsoll.venue.account.brackets import bracket_for
from plimsoll.venue.account.ledger import Income
from plimsoll.venue.account.positions import Position
from plimsoll.venue.api.account_faults import is_hedged, reported
from plimsoll.venue.api.render import plain
from plimsoll.venue.bybit.envelope import Result, invalid
from plimsoll.venue.bybit.order_shape import execution
from plimsoll.venue.bybit.orders import Private, find
from plimsoll.venue.bybit.parameters import (
    LINEAR,
    Parameters,
    chosen,
    listed_symbol,
    page_of,
    require_linear,
    week_of,
)
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.faults import CROSS_MARGIN
from plimsoll.venue.keys import TRADE, WITHDRAW, KeyPair

ISOLATED, CROSS = "ISOLATED_MARGIN", "REGULAR_MARGIN"
UNIFIED_STATUS = 6
DAY_MS = 86_400_000
BOOKED = {
    "REALIZED_PNL": "TRADE",
    "COMMISSION": "TRADE",
    "FUNDING_FEE": "SETTLEMENT",
    "INSURANCE_CLEAR": "LIQUIDATION",
}
FUNDING, TRADED = "Funding", "Trade"


def account_info(exchange: Exchange, parameters: Parameters, now_ms: int, pair: KeyPair) -> Result:
    """Return the account's modes: one margin mode for all contracts."""
    del parameters, pair
    crossed = exchange.faults.active(CROSS_MARGIN, now_ms)
    return {
        "unifiedMarginStatus": UNIFIED_STATUS,
        "marginMode": CROSS if crossed else ISOLATED,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
        "updatedTime": str(now_ms),
        "dcpStatus": "OFF",
        "timeWindow": 0,
        "smpGroup": 0,
    }


def key_info(exchange: Exchange, parameters: Parameters, now_ms: int, pair: KeyPair) -> Result:
    """Return what the key may do."""
    del exchange, parameters, now_ms
    trades = TRADE in pair.permissions
    wallet = ["AccountTransfer"] + (["Withdraw"] if WITHDRAW in pair.permissions else [])
    return {
        "id": "1",
        "note": "venue",
        "apiKey": pair.key,
        "readOnly": int(not trades),
        "secret": "",
        "permissions": {
            "ContractTrade": ["Order", "Position"] if trades else [],
            "Spot": [],
            "Wallet": wallet,
            "Options": [],
            "Derivatives": ["DerivativesTrade"] if trades else [],
            "Exchange": [],
        },
        "ips": ["*"],
        "type": 1,
        "unified": 0,
        "uta": 1,
        "userID": 1,
        "isMaster": True,
    }


def wallet_balance(
    exchange: Exchange, parameters: Parameters, now_ms: int, pair: KeyPair
) -> Result:
    """Return the wallet: its balance is without open profit and loss, its equity with."""
    del pair
    if parameters.get("accountType") != "UNIFIED":
        raise invalid("accountType only support UNIFIED.")
    held, account = exchange.account.open_positions(), exchange.account
    marks = {one.symbol: exchange.snapshot(one.symbol, now_ms).mark for one in held}
    unrealised = sum(one.unrealized_usd(marks[one.symbol]) for one in held)
    margins = sum(one.wallet_usd for one in held)
    maintenance = sum(one.maintenance_usd(marks[one.symbol]) for one in held)
    ordered = max(account.free_usd - max(exchange.matching.free_usd(), 0.0), 0.0)
    wallet, equity = plain(account.wallet_usd, 8), plain(account.wallet_usd + unrealised, 8)
    coin = {
        "coin": "USDT",
        "equity": equity,
        "usdValue": equity,
        "walletBalance": wallet,
        "locked": "0",
        "spotHedgingQty": "0",
        "borrowAmount": "0",
        "availableToWithdraw": "",
        "accruedInterest": "0",
        "totalOrderIM": plain(ordered, 8),
        "totalPositionIM": plain(margins, 8),
        "totalPositionMM": plain(maintenance, 8),
        "unrealisedPnl": plain(unrealised, 8),
        "cumRealisedPnl": plain(_realised(exchange), 8),
        "bonus": "0",
        "marginCollateral": True,
        "collateralSwitch": True,
    }
    whole = {
        "accountType": "UNIFIED",
        "accountIMRate": "",
        "accountMMRate": "",
        "totalEquity": equity,
        "totalWalletBalance": wallet,
        "totalMarginBalance": "",
        "totalAvailableBalance": "",
        "totalPerpUPL": plain(unrealised, 8),
        "totalInitialMargin": "",
        "totalMaintenanceMargin": "",
        "accountLTV": "",
        "coin": [coin] if parameters.get("coin") in (None, "", "USDT") else [],
    }
    return {"list": [whole]}


def _realised(exchange: Exchange) -> float:
    return sum(one.amount_usd for one in exchange.account.income if one.kind != "TRANSFER")


def positions(exchange: Exchange, parameters: Parameters, now_ms: int, pair: KeyPair) -> Result:
    """Return open positions; of a contract that is named also an empty one."""
    del pair
    symbol = chosen(exchange, parameters, now_ms)
    if symbol is None:
        held = list(reported(exchange, exchange.account.open_positions(), now_ms))
    else:
        one = exchange.account.position(symbol)
        shown = reported(exchange, [one], now_ms) if one.is_open else [one]
        held = list(shown) or [Position(symbol, leverage=one.leverage)]
    rows = [_position(exchange, one, now_ms) for one in held]
    return page_of(rows, parameters, 20, 200)


def _position(exchange: Exchange, position: Position, now_ms: int) -> dict[str, Any]:
    spec = exchange.printed_spec(position.symbol)
    mark = exchange.snapshot(position.symbol, now_ms).mark
    is_open, decimals = position.is_open, spec.price_decimals + 4
    margin, amount = plain(position.wallet_usd, 8), abs(position.amount)
    bracket = bracket_for(position.symbol, amount * mark)
    hedged = is_hedged(exchange, now_ms)
    return {
        "positionIdx": (1 if position.amount >= 0 else 2) if hedged else 0,
        "riskId": bracket.number,
        "riskLimitValue": plain(bracket.cap_usd, 0),
        "symbol": position.symbol,
        "side": ("Buy" if position.amount > 0 else "Sell") if is_open else "",
        "size": plain(amount, spec.size_decimals),
        "avgPrice": plain(position.entry_price, decimals),
        "positionValue": plain(amount * position.entry_price, 8) if is_open else "",
        "tradeMode": 0,
        "positionStatus": "Normal",
        "autoAddMargin": 0,
        "adlRankIndicator": 1 if is_open else 0,
        "leverage": plain(position.leverage, 2).rstrip("0").rstrip("."),
        "positionBalance": margin if is_open else "",
        "markPrice": plain(mark, 8),
        "liqPrice": plain(position.liquidation_price, decimals) if is_open else "",
        "bustPrice": plain(position.bankruptcy_price, decimals) if is_open else "",
        "positionMM": plain(position.maintenance_usd(mark), 8) if is_open else "",
        "positionIM": margin if is_open else "",
        "tpslMode": "Full",
        "takeProfit": "",
        "stopLoss": "",
        "trailingStop": "0",
        "sessionAvgPrice": "",
        "unrealisedPnl": plain(position.unrealized_usd(mark), 8) if is_open else "",
        "curRealisedPnl": "0",
        "cumRealisedPnl": "0",
        "seq": exchange.account.sequence,
        "isReduceOnly": False,
        "createdTime": str(position.updated_ms),
        "updatedTime": str(position.updated_ms),
    }


def executions(exchange: Exchange, parameters: Parameters, now_ms: int, pair: KeyPair) -> Result:
    """Return executions, newest first, or funding payments with ``execType`` Funding."""
    del pair
    require_linear(parameters)
    symbol = listed_symbol(exchange, parameters, now_ms) if parameters.get("symbol") else None
    first_ms, last_ms = week_of(parameters, now_ms)
    kind = parameters.get("execType", "")
    if kind == FUNDING:
        paid = [
            _funding(one)
            for one in reversed(exchange.account.income)
            if one.kind == "FUNDING_FEE"
            and symbol in (None, one.symbol)
            and first_ms <= one.time_ms <= last_ms
        ]
        return page_of(paid, parameters, 50, 100)
    wanted = None
    if parameters.get("orderId") or parameters.get("orderLinkId"):
        order = find(exchange, parameters, symbol)
        wanted = {order.id, order.child_id} if order is not None else {-1}
    rows = [
        execution(exchange, fill)
        for fill in reversed(exchange.account.fills)
        if symbol in (None, fill.symbol)
        and first_ms <= fill.time_ms <= last_ms
        and (wanted is None or fill.order_id in wanted)
    ]
    return page_of([one for one in rows if kind in ("", one["execType"])], parameters, 50, 100)


def _funding(entry: Income) -> dict[str, Any]:
    return {
        "symbol": entry.symbol,
        "orderId": f"funding-{entry.id}",
        "orderLinkId": "",
        "side": "Sell",
        "createType": "",
        "orderType": "UNKNOWN",
        "execFee": plain(-entry.amount_usd, 8),
        "execId": f"{entry.id:08x}-0000-5000-8000-66756e640000",
        "execPrice": "0",
        "execQty": "0",
        "execType": FUNDING,
        "execValue": "0",
        "execTime": str(entry.time_ms),
        "isMaker": False,
        "feeRate": "0",
    }


def transaction_log(
    exchange: Exchange, parameters: Parameters, now_ms: int, pair: KeyPair
) -> Result:
    """Return what was booked to the wallet, newest first: the last day when no time is asked for.

    The balance after a booking is reckoned back from today's: money that moved unrecorded is in it.
    """
    del pair
    if parameters.get("category"):
        require_linear(parameters)
    first_ms, last_ms = week_of(parameters, now_ms, DAY_MS)
    newest_first = exchange.account.income[::-1]
    amounts = [entry.amount_usd for entry in newest_first]
    after = accumulate(amounts, lambda left, one: left - one, initial=exchange.account.wallet_usd)
    rows = [
        _booking(entry, balance)
        for entry, balance in zip(newest_first, after, strict=False)
        if first_ms <= entry.time_ms <= last_ms
    ]
    kind, currency = parameters.get("type", ""), parameters.get("currency", "")
    kept = [row for row in rows if kind in ("", row["type"]) and currency in ("", "USDT")]
    return page_of(kept, parameters, 20, 50)


def _booking(entry: Income, balance: float) -> dict[str, Any]:
    moved = "TRANSFER_IN" if entry.amount_usd > 0 else "TRANSFER_OUT"
    amount = plain(entry.amount_usd, 8)
    funding, fee = entry.kind == "FUNDING_FEE", entry.kind == "COMMISSION"
    return {
        "id": f"{entry.id:08x}-venue",
        "symbol": entry.symbol,
        "category": LINEAR,
        "side": "None",
        "transactionTime": str(entry.time_ms),
        "type": BOOKED.get(entry.kind, moved),
        "qty": "0",
        "size": "0",
        "currency": "USDT",
        "tradePrice": "0",
        "funding": amount if funding else "",
        "fee": plain(-entry.amount_usd, 8) if fee else "0",
        "cashFlow": "0" if funding or fee else amount,
        "change": amount,
        "cashBalance": plain(balance, 8),
        "feeRate": "0",
        "tradeId": "" if entry.trade_id is None else str(entry.trade_id),
        "orderId": "",
        "orderLinkId": "",
    }


def fee_rate(exchange: Exchange, parameters: Parameters, now_ms: int, pair: KeyPair) -> Result:
    """Return the account's fees of one contract or all."""
    del pair
    require_linear(parameters)
    named = parameters.get("symbol")
    symbols = [listed_symbol(exchange, parameters, now_ms)] if named else exchange.listed(now_ms)
    maker, taker = exchange.fees
    fees = {"takerFeeRate": plain(taker, 6), "makerFeeRate": plain(maker, 6)}
    return {"list": [{"symbol": symbol, **fees} for symbol in symbols]}


def coins(exchange: Exchange, parameters: Parameters, now_ms: int, pair: KeyPair) -> Result:
    """Return the coins that the contracts are made of; none can be paid in or out here."""
    del parameters, pair
    bases = [exchange.market.specs[symbol].base for symbol in exchange.listed(now_ms)]
    names = ["USDT", *bases]
    return {
        "rows": [{"name": one, "coin": one, "remainAmount": "0", "chains": []} for one in names]
    }


ACCOUNT: dict[tuple[str, str], Private] = {
    ("GET", "/v5/account/info"): account_info,
    ("GET", "/v5/user/query-api"): key_info,
    ("GET", "/v5/account/wallet-balance"): wallet_balance,
    ("GET", "/v5/position/list"): positions,
    ("GET", "/v5/execution/list"): executions,
    ("GET", "/v5/account/transaction-log"): transaction_log,
    ("GET", "/v5/account/fee-rate"): fee_rate,
    ("GET", "/v5/asset/coin/query-info"): coins,
}
