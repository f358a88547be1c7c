"""The account at the exchange, read and closed through ccxt itself, with the watchdog's own key."""

import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from uuid import uuid4

import ccxt

from plimsoll.core import PlimsollError, Side, UsageError
from plimsoll.core.books import ExchangeBooks, ExchangeOrder, ExchangePosition
from plimsoll.monitoring.memory import High
from plimsoll.monitoring.sight import AccountSight

REQUEST_SECONDS = 5.0
NAMED = "watch-"
"""What the names of the watchdog's own orders begin with, where the exchange takes names."""
UNREADABLE = (ccxt.BaseError, KeyError, TypeError, ValueError, AttributeError)
SKEW_THAT_MATTERS = 0.5
NOTHING_TO_REDUCE = "ReduceOnly Order is rejected"
"""Binance's words for a position that is gone; other refusals leave one open."""
MARKETS_SECONDS = 300.0
"""A market that is not known is looked up at most so often: pairs are listed while it runs."""
KIND = {"type": "swap"}
"""What tells ccxt to ask for futures where no pair does."""
_QUERY = re.compile(r"\?\S+")


@dataclass(frozen=True, slots=True)
class Rights:
    """What a key may do, as far as the exchange tells; ``None`` where it does not."""

    trade: bool | None = None
    withdraw: bool | None = None


class Account:
    """One account, by a key of its own. It can only look, cancel, and make positions smaller."""

    def __init__(
        self, exchange: Mapping[str, Any], secrets: Mapping[str, str], stake_currency: str
    ) -> None:
        name = str(exchange.get("name", ""))
        kind = getattr(ccxt, name, None)
        if not name or kind is None:
            raise UsageError(f"expected exchange.name to be one that ccxt knows, found {name!r}")
        given = dict(exchange.get("ccxt_config") or {})
        given |= dict(exchange.get("ccxt_sync_config") or {})
        options = {"defaultType": "swap", **(given.pop("options", None) or {})}
        self._api = kind(
            {
                **given,
                "options": options,
                "apiKey": secrets.get("key", ""),
                "secret": secrets.get("secret", ""),
                "password": secrets.get("password", ""),
                "timeout": int(REQUEST_SECONDS * 1000),
            }
        )
        # ccxt refuses to list the orders of all pairs before it is told that the weight is known.
        self._api.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
        self._currency = stake_currency
        self.is_binance = name.startswith("binance")
        self._markets_at: float | None = None

    # Looking

    def look(
        self, at: datetime, high: High | None = None, limit: float | None = None
    ) -> AccountSight:
        """Return what the exchange says; what it does not say is a fault, never raised.

        Positions are read first and the wallet last: what fills in between makes margin that no
        position explains, never a position that vanishes. Transfers are asked for when equity
        lies more than ``limit`` below ``high``: money that was taken out is no loss.
        """
        skew = None
        try:
            self._require_markets()
            skew = self._skew()
            books = self._books_of_any_market(at)
        except ccxt.AuthenticationError as error:  # PermissionDenied is one
            said = words(error)
            return AccountSight(
                books=ExchangeBooks(as_of=at, fault=said), skew_seconds=skew, refused=said
            )
        except UNREADABLE as error:
            return AccountSight(
                books=ExchangeBooks(as_of=at, fault=words(error)), skew_seconds=skew
            )
        sight = AccountSight(books=books, skew_seconds=skew)
        equity = sight.equity_usd
        if high is None or limit is None or equity is None or equity > high.usd * (1.0 - limit):
            return sight
        try:
            moved = self._moved_usd(high.at)
        except UNREADABLE as error:
            return AccountSight(books=books, skew_seconds=skew, transfers_fault=words(error))
        return AccountSight(books=books, skew_seconds=skew, moved_usd=moved)

    def rights(self) -> Rights:
        """Return what the key may do, where the exchange has a question for that."""
        if not self.is_binance:
            return Rights()
        with suppress(*UNREADABLE):
            told = self._api.sapiGetAccountApiRestrictions()
            return Rights(
                trade=_flag(told.get("enableFutures")),
                withdraw=_flag(told.get("enableWithdrawals")),
            )
        return Rights()

    @property
    def used_weight(self) -> float | None:
        """The request weight that Binance counts for this address, as of the last answer."""
        headers = self._api.last_response_headers or {}
        told = {str(name).lower(): value for name, value in headers.items()}
        with suppress(TypeError, ValueError):
            return _number(told.get("x-mbx-used-weight-1m"))
        return None

    def _require_markets(self) -> None:
        if not self._api.markets:
            self._load_markets()

    def _load_markets(self) -> None:
        self._api.load_markets(reload=True)
        self._markets_at = time.monotonic()

    def _books_of_any_market(self, at: datetime) -> ExchangeBooks:
        """Return the books; a market in them that is not known is asked for once more."""
        try:
            return self._books(at)
        except (ccxt.BadSymbol, KeyError, TypeError):
            age = None if self._markets_at is None else time.monotonic() - self._markets_at
            if age is not None and age < MARKETS_SECONDS:
                raise
            self._load_markets()
            return self._books(at)

    def _skew(self) -> float:
        """Return how far the exchange's clock is ahead, and let signed requests follow it."""
        before = time.time()
        told = float(self._api.fetch_time()) / 1000.0
        skew = told - (before + time.time()) / 2.0
        self._api.options["timeDifference"] = -skew * 1000.0 if abs(skew) > SKEW_THAT_MATTERS else 0
        return skew

    def _books(self, at: datetime) -> ExchangeBooks:
        api = self._api
        positions = tuple(self._position(one) for one in api.fetch_positions() if _is_held(one))
        orders = [self._order(one) for one in api.fetch_open_orders(params=dict(KIND))]
        if self.is_binance:
            waiting = api.fetch_open_orders(params={**KIND, "stop": True})
            orders += [self._order(one, conditional=True) for one in waiting]
        balances = api.fetch_balance(dict(KIND))
        pairs = {one.pair for one in positions} | {one.pair for one in orders}
        wallet, margin = self._wallet(balances, positions)
        return ExchangeBooks(
            as_of=at,
            positions=positions,
            orders=tuple({one.id: one for one in orders}.values()),
            wallet_usd=wallet,
            margin_usd=margin,
            steps={pair: self._step(pair) for pair in pairs},
        )

    def _position(self, one: Mapping[str, Any]) -> ExchangePosition:
        return ExchangePosition(
            pair=one["symbol"],
            side=Side(one["side"]),
            amount=abs(_amount(one["contracts"])) * self._size(one["symbol"]),
            entry_price=_number(one.get("entryPrice")),
            mark_price=_number(one.get("markPrice")),
        )

    def _order(self, one: Mapping[str, Any], *, conditional: bool = False) -> ExchangeOrder:
        size = self._size(one["symbol"])
        trigger = _number(one.get("triggerPrice") or one.get("stopPrice"))
        info = one.get("info") or {}
        whole = str(info.get("closePosition", "")).lower() == "true"
        return ExchangeOrder(
            id=str(one["id"]),
            pair=one["symbol"],
            side=Side.LONG if one["side"] == "buy" else Side.SHORT,
            amount=0.0 if whole else _amount(one.get("amount") or 0.0) * size,
            filled=_amount(one.get("filled") or 0.0) * size,
            price=trigger or _number(one.get("price")),
            client_id=one.get("clientOrderId"),
            conditional=conditional or trigger is not None,
            reduce_only=whole or bool(one.get("reduceOnly")),
        )

    def _wallet(
        self, balances: Any, positions: Sequence[ExchangePosition]
    ) -> tuple[float | None, float | None]:
        """Return the wallet without open profit and loss, and what backs positions."""
        mine = balances.get(self._currency) or {}
        margin = _number(mine.get("used"))
        for asset in (balances.get("info") or {}).get("assets") or ():
            if asset.get("asset") == self._currency and asset.get("walletBalance") is not None:
                return float(asset["walletBalance"]), margin
        total = _number(mine.get("total"))
        if total is None or not positions:
            return total, margin
        return None, margin  # whether open profit is in it, this exchange does not say

    def _moved_usd(self, since: datetime) -> float | None:
        """Return what was paid in; ``None`` where the exchange keeps no record of it."""
        if not self.is_binance:
            return None
        start = int(since.timestamp() * 1000)
        rows = self._api.fetch_ledger(
            self._currency, start, 1000, {**KIND, "incomeType": "TRANSFER"}
        )
        return sum(float(row["amount"]) * (-1 if row["direction"] == "out" else 1) for row in rows)

    # Acting

    def cancel(self, order: ExchangeOrder) -> str:
        """Cancel an order; return what came of it.

        Raises
        ------
        PlimsollError
            When the exchange refuses or does not answer. An order that is gone is no error.
        """
        params = {"stop": True} if order.conditional and self.is_binance else {}
        try:
            self._api.cancel_order(order.id, order.pair, params)
        except (ccxt.OrderNotFound, ccxt.OperationRejected):
            return "it was gone"
        except UNREADABLE as error:
            raise PlimsollError(words(error)) from None
        return "cancelled"

    def close(self, position: ExchangePosition) -> str:
        """Close a position at market, reduce-only: it can end at nothing, and never turn round.

        Raises
        ------
        PlimsollError
            When the exchange refuses or does not answer. A position that is gone is no error.
        """
        side = "sell" if position.side is Side.LONG else "buy"
        params: dict[str, Any] = {"reduceOnly": True}
        if self.is_binance:
            params["newClientOrderId"] = f"{NAMED}{uuid4().hex[:24]}"
        try:
            contracts = position.amount / self._size(position.pair)
            most = self._largest(position.pair)
            amount = contracts if most is None else min(contracts, most)
            done = self._api.create_order(position.pair, "market", side, amount, None, params)
        except UNREADABLE as error:
            said = words(error)
            if NOTHING_TO_REDUCE in said:
                return "there was nothing left to close"
            raise PlimsollError(said) from None
        filled, average = done.get("filled"), done.get("average")
        return f"order {done['id']}: {filled or 0:g} of {amount:g} at {average or 0:g}"

    def arm_timer(self, pair: str, seconds: float) -> None:
        """Let the exchange cancel a pair's open orders after so long; 0 takes the timer back.

        Raises
        ------
        PlimsollError
            When the exchange has no such timer, refuses or does not answer.
        """
        try:
            self._api.fapiPrivatePostCountdownCancelAll(
                {"symbol": self._api.market(pair)["id"], "countdownTime": int(seconds * 1000)}
            )
        except UNREADABLE as error:
            raise PlimsollError(words(error)) from None

    def _size(self, pair: str) -> float:
        return float(self._api.market(pair).get("contractSize") or 1.0)

    def _step(self, pair: str) -> float:
        market = self._api.market(pair)
        precision = _number((market.get("precision") or {}).get("amount")) or 0.0
        is_tick = self._api.precisionMode == ccxt.TICK_SIZE
        return (precision if is_tick else 10.0**-precision) * self._size(pair)

    def _largest(self, pair: str) -> float | None:
        limits = self._api.market(pair).get("limits") or {}
        return _number((limits.get("market") or {}).get("max")) or _number(
            (limits.get("amount") or {}).get("max")
        )


def words(error: Exception) -> str:
    """Return what went wrong in one line, as the journal and an alarm have it."""
    text = _QUERY.sub("", str(error)) or "no reason given"  # a signed address is nobody's business
    return f"{type(error).__name__}: {text.splitlines()[0][:200]}"


def utc_now() -> datetime:
    """Return this machine's time."""
    return datetime.now(UTC)


def _is_held(position: Mapping[str, Any]) -> bool:
    contracts = position.get("contracts")
    return contracts is None or float(contracts) != 0.0


def _flag(value: Any) -> bool | None:
    return None if value is None else str(value).lower() == "true"


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _amount(value: Any) -> float:
    """Return an amount; raises `ValueError` for one that is no number, which nothing can close."""
    amount = float(value)
    if not isfinite(amount):
        raise ValueError(f"expected an amount, found {value}")
    return amount
