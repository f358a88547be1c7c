"""The signed endpoints that show the account: balances and positions."""

from typing import Any

from plimsoll.venue.account.ledger import (
    AMOUNT_TOLERANCE,
    Account,
    Position,
)
from plimsoll.venue.api.account_faults import margin_type, position_side, reported
from plimsoll.venue.api.orders import Answer, Private
from plimsoll.venue.api.parameters import Parameters
from plimsoll.venue.api.render import plain
from plimsoll.venue.exchange import Exchange

PLAIN_ACCOUNT = {
    "feeTier": 0,
    "canTrade": True,
    "canDeposit": True,
    "canWithdraw": True,
    "tradeGroupId": -1,
}
"""What a regular account says of itself."""


def account(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return balances and positions."""
    del parameters
    held = exchange.account
    marks = {symbol: exchange.snapshot(symbol, now_ms).mark for symbol in held.positions}
    open_ = _open_positions(held)
    unrealized = sum(position.unrealized_usd(marks[position.symbol]) for position in open_)
    margins = sum(position.wallet_usd for position in open_)
    maintenance = sum(position.maintenance_usd(marks[position.symbol]) for position in open_)
    free = max(exchange.matching.free_usd(), 0.0)
    ordered = max(held.free_usd - free, 0.0)
    sums = {
        "initialMargin": margins + ordered,
        "maintMargin": maintenance,
        "walletBalance": held.wallet_usd,
        "unrealizedProfit": unrealized,
        "marginBalance": held.wallet_usd + unrealized,
        "positionInitialMargin": margins,
        "openOrderInitialMargin": ordered,
        "crossWalletBalance": held.free_usd,
        "crossUnPnl": 0.0,
        "availableBalance": free,
        "maxWithdrawAmount": free,
    }
    texts = {name: plain(value, 8) for name, value in sums.items()}
    totals = {f"total{name[0].upper()}{name[1:]}": text for name, text in texts.items()}
    return totals | {
        "availableBalance": texts["availableBalance"],
        "maxWithdrawAmount": texts["maxWithdrawAmount"],
        **PLAIN_ACCOUNT,
        "feeBurn": False,
        "multiAssetsMargin": False,
        "updateTime": now_ms,
        "assets": [{"asset": "USDT", **texts, "marginAvailable": True, "updateTime": now_ms}],
        "positions": [
            _risk(exchange, position, now_ms) for position in reported(exchange, open_, now_ms)
        ],
    }


def _open_positions(held: Account) -> list[Position]:
    return [one for one in held.positions.values() if abs(one.amount) > AMOUNT_TOLERANCE]


def balance(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return balances alone."""
    whole = account(exchange, parameters, now_ms)
    asset = whole["assets"][0]  # type: ignore[call-overload]
    return [{**asset, "accountAlias": "venue", "balance": asset["walletBalance"]}]


def _risk(exchange: Exchange, position: Position, now_ms: int) -> dict[str, Any]:
    spec = exchange.printed_spec(position.symbol)
    mark = exchange.snapshot(position.symbol, now_ms).mark
    unrealized = position.unrealized_usd(mark)
    margin = plain(position.wallet_usd, 8)
    margined = margin_type(exchange, position, now_ms)
    own = margined == "isolated"
    return {
        "symbol": position.symbol,
        "positionSide": position_side(exchange, position.amount, now_ms),
        "positionAmt": plain(position.amount, spec.size_decimals),
        "entryPrice": plain(position.entry_price, spec.price_decimals + 4),
        "breakEvenPrice": plain(position.entry_price, spec.price_decimals + 4),
        "markPrice": plain(mark, 8),
        "unRealizedProfit": plain(unrealized, 8),
        "liquidationPrice": plain(position.liquidation_price, spec.price_decimals + 4),
        "isolatedMargin": plain(position.wallet_usd + unrealized, 8) if own else "0",
        "notional": plain(position.amount * mark, 8),
        "marginAsset": "USDT",
        "isolatedWallet": margin if own else "0",
        "initialMargin": margin,
        "maintMargin": plain(position.maintenance_usd(mark), 8),
        "positionInitialMargin": margin,
        "openOrderInitialMargin": "0",
        "adl": 1,
        "bidNotional": "0",
        "askNotional": "0",
        "leverage": str(position.leverage),
        "marginType": margined,
        "updateTime": position.updated_ms,
    }


def position_risk(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return open positions."""
    symbol = parameters.get("symbol")
    return [
        _risk(exchange, position, now_ms)
        for position in reported(exchange, _open_positions(exchange.account), now_ms)
        if symbol in (None, "", position.symbol)
    ]


ACCOUNT: dict[tuple[str, str], Private] = {
    **{("GET", f"/fapi/v{version}/account"): account for version in (2, 3)},
    **{("GET", f"/fapi/v{version}/balance"): balance for version in (2, 3)},
    **{("GET", f"/fapi/v{version}/positionRisk"): position_risk for version in (2, 3)},
}
