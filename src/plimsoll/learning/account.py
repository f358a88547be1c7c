"""The account of an agent: what an order costs, what a candle makes of it, and when it is lost.

Many accounts are stepped at once, each on its own candle; all arrays have a number an account.
"""

from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plimsoll.core import PlimsollError
from plimsoll.learning.actions import Action
from plimsoll.learning.market import Market

Floats = NDArray[np.float64]
Rows = NDArray[np.int_]

TRADES = 20
"""Closed trades that the recent Sharpe ratio is made of."""

MOST_SHARPE = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an account may do and what it pays.

    Attributes
    ----------
    unit_fraction
        Notional of one unit over the equity at the decision.
    most_units
        How many units a position may have: its limit.
    leverage
        Notional over isolated margin; the loss of a position is at most its margin.
    maintenance_fraction
        Maintenance margin over notional.
    fee_bps, spread_bps, slippage_bps
        Costs of a fill, in basis points of its notional.
    latency_fraction
        How long an order takes, as a part of a candle: it is filled on the way from the open to
        the close, at the mean of a Brownian bridge between them.
    can_short
        Whether the account may be short.
    candles_per_year
        To turn what is charged per year into what is charged per candle.
    """

    unit_fraction: float = 0.25
    most_units: int = 3
    leverage: float = 1.0
    maintenance_fraction: float = 0.01
    fee_bps: float = 4.0
    spread_bps: float = 2.0
    slippage_bps: float = 1.0
    latency_fraction: float = 100 / 3_600_000
    can_short: bool = True
    candles_per_year: float = 8760.0

    def __post_init__(self) -> None:
        costs = (self.fee_bps, self.spread_bps, self.slippage_bps)
        in_range = {
            "unit_fraction above 0": self.unit_fraction > 0,
            "most_units of 1 or more": self.most_units >= 1,
            "leverage of 1 or more": self.leverage >= 1,
            "maintenance_fraction within 0 to 1 / leverage": 0
            <= self.maintenance_fraction
            < 1 / self.leverage,
            "costs of 0 or more": min(costs) >= 0 and all(map(isfinite, costs)),
            "latency_fraction within 0 to 1": 0 <= self.latency_fraction <= 1,
            "candles_per_year above 0": self.candles_per_year > 0,
            "units that the margin is enough for": self.unit_fraction <= self.leverage,
        }
        wrong = [name for name, is_right in in_range.items() if not is_right]
        if wrong:
            raise PlimsollError(f"expected terms with {', '.join(wrong)}; found {self}")


@dataclass(frozen=True, eq=False, slots=True)
class Accounts:
    """What accounts hold.

    Attributes
    ----------
    balance
        Money without the profit of what is held; an account begins with 1.
    quantity, entry
        What is held, signed by the side, and its average price; 0 without a position.
    units
        The same in units, signed.
    unit_quantity
        Size of a unit of what is held.
    held_candles
        Candles since the entry was filled.
    equity_at_entry
        Equity before the entry was filled.
    returns
        Accounts × `TRADES`: the latest closed trades, newest first, NaN where there was none.
    sharpe
        `sharpe_of` them.
    """

    balance: Floats
    quantity: Floats
    entry: Floats
    units: Rows
    unit_quantity: Floats
    held_candles: Rows
    equity_at_entry: Floats
    returns: Floats
    sharpe: Floats

    def equity(self, price: Floats) -> Floats:
        """Return what the accounts are worth at a price."""
        return self.balance + self.quantity * (price - self.entry)

    def exposure(self, price: Floats) -> Floats:
        """Return notional over equity, unsigned; 0 for an account worth nothing."""
        worth = self.equity(price)
        return _ratio(np.abs(self.quantity) * price, worth)

    def position_return(self, price: Floats) -> Floats:
        """Return the profit of what is held over its notional at the entry; 0 without."""
        return _ratio(self.quantity * (price - self.entry), np.abs(self.quantity) * self.entry)

    def liquidation_price(self, terms: Terms) -> Floats:
        """Return where positions are liquidated; 0 without a position, or where it never is.

        Isolated margin: ``entry × (1 − side / leverage) / (1 − side × maintenance)``, Binance's
        formula for one position without other margin.
        """
        side = np.sign(self.quantity)
        lost = 1 - side / terms.leverage
        return np.where(side != 0, self.entry * lost / (1 - side * terms.maintenance_fraction), 0.0)

    def distance_to_liquidation(self, price: Floats, terms: Terms) -> Floats:
        """Return how far the price may go against a position, a fraction; 1 without one."""
        way = np.abs(price - self.liquidation_price(terms)) / price
        return np.where(self.quantity != 0, np.minimum(way, 1.0), 1.0)

    def put(self, where: NDArray[np.bool_], other: "Accounts") -> "Accounts":
        """Return the accounts with some replaced by those of another set."""
        chosen: dict[str, Any] = {}
        for field in fields(self):
            mine, its = getattr(self, field.name), getattr(other, field.name)
            chosen[field.name] = np.where(where if mine.ndim == 1 else where[:, None], its, mine)
        return Accounts(**chosen)


def new_accounts(count: int) -> Accounts:
    """Return accounts with a balance of 1 and nothing else."""
    zeros, none = np.zeros(count), np.zeros(count, dtype=np.int_)
    return Accounts(
        balance=np.ones(count),
        quantity=zeros,
        entry=zeros,
        units=none,
        unit_quantity=zeros,
        held_candles=none,
        equity_at_entry=zeros,
        returns=np.full((count, TRADES), np.nan),
        sharpe=zeros,
    )


def sharpe_of(returns: Floats) -> Floats:
    """Return mean over deviation of each row's known returns, within ±`MOST_SHARPE`.

    0 with fewer than two, and where all are the same.
    """
    known = np.isfinite(returns)
    count = known.sum(axis=1)
    values = np.where(known, returns, 0.0)
    mean = values.sum(axis=1) / np.maximum(count, 1)
    squares = np.where(known, (values - mean[:, None]) ** 2, 0.0).sum(axis=1)
    spread = np.sqrt(squares / np.maximum(count - 1, 1))
    ratio = np.where(spread > 1e-12, mean / np.where(spread > 1e-12, spread, 1.0), 0.0)
    return np.where(count > 1, np.clip(ratio, -MOST_SHARPE, MOST_SHARPE), 0.0)


@dataclass(frozen=True, eq=False, slots=True)
class Parts:
    """What changed the equity over a candle, in money: they add up to the change.

    ``price`` is of what was held to the open and what was held from it on; ``latency`` what the
    orders' delay lost against the open; ``liquidation`` what a liquidation lost.
    """

    price: Floats
    fees: Floats
    spread: Floats
    slippage: Floats
    latency: Floats
    funding: Floats
    liquidation: Floats

    @property
    def costs(self) -> Floats:
        """Fees, spread and slippage."""
        return self.fees + self.spread + self.slippage

    @property
    def change(self) -> Floats:
        """The change of the equity."""
        return self.price - self.costs - self.latency - self.funding - self.liquidation


def affordable(accounts: Accounts, price: Floats, terms: Terms) -> NDArray[np.bool_]:
    """Return whether there is margin for another unit at a price, its costs included."""
    equity = accounts.equity(price)
    unit = np.where(
        accounts.units == 0, terms.unit_fraction * equity, accounts.unit_quantity * price
    )
    margin = (np.abs(accounts.quantity) * price + unit) / terms.leverage
    paid = unit * _cost(terms)
    enough: NDArray[np.bool_] = (equity > 0) & (margin + paid <= equity * (1 + 1e-12))
    return enough


def step(
    accounts: Accounts, market: Market, rows: Rows, actions: Rows, terms: Terms
) -> tuple[Accounts, Parts]:
    """Carry out what was decided at the close of ``rows`` and live through the next candle.

    In this order: funding settled at the open is charged to what is held; a position that the
    open has put beyond its liquidation price is lost; the order is filled; what is held then is
    lost if the candle reaches its liquidation price. A lost position costs its margin.

    ``actions`` are taken to be allowed (`plimsoll.learning.actions.carried_out`).
    """
    after = rows + 1
    before, first = market.close[rows], market.open[after]
    fill = first + (market.close[after] - first) * terms.latency_fraction
    funding = accounts.quantity * first * market.settled[after]
    level = accounts.liquidation_price(terms)
    side = np.sign(accounts.quantity)
    gapped = (side != 0) & (side * (first - level) <= 0)
    bankrupt = accounts.entry * (1 - side / terms.leverage)
    gap_loss = np.where(gapped, accounts.quantity * (before - bankrupt), 0.0)

    traded = np.where(gapped, 0.0, _ordered(accounts, before, actions, terms))
    value = np.abs(traded) * fill
    parts = Parts(
        price=np.where(gapped, 0.0, accounts.quantity * (first - before)),
        fees=value * terms.fee_bps / 1e4,
        spread=value * terms.spread_bps / 1e4,
        slippage=value * terms.slippage_bps / 1e4,
        latency=traded * (fill - first),
        funding=funding,
        liquidation=gap_loss,
    )
    filled = _filled(accounts, traded, fill, accounts.equity(before), actions)
    paid = replace(filled, balance=filled.balance - parts.costs - funding)
    survived = paid.put(gapped, _closed(paid, bankrupt))

    held = np.sign(survived.quantity)
    worst = np.where(held > 0, market.low[after], market.high[after])
    struck = (held != 0) & (held * (worst - survived.liquidation_price(terms)) <= 0)
    worth_nothing = survived.entry * (1 - held / terms.leverage)
    lost = np.where(struck, survived.quantity * (first - worth_nothing), 0.0)
    exited = (actions == Action.EXIT) & (accounts.units != 0)
    left = survived.put(struck, _closed(survived, worth_nothing))
    carried = np.where(struck, 0.0, survived.quantity * (market.close[after] - first))
    done = _booked(left, gapped | struck | exited)
    return done, replace(parts, price=parts.price + carried, liquidation=gap_loss + lost)


def _ordered(accounts: Accounts, price: Floats, actions: Rows, terms: Terms) -> Floats:
    """Return what an action buys (above 0) or sells."""
    unit = terms.unit_fraction * accounts.equity(price) / price
    count = np.maximum(np.abs(accounts.units), 1)
    side = np.sign(accounts.quantity)
    choices = np.stack(
        [
            np.zeros_like(unit),
            unit,
            -unit,
            -accounts.quantity,
            side * accounts.unit_quantity,
            -accounts.quantity / count,
        ]
    )
    return choices[actions, np.arange(len(unit))]


def _filled(
    accounts: Accounts, traded: Floats, price: Floats, equity: Floats, actions: Rows
) -> Accounts:
    """Return the accounts after a fill, its costs not yet paid."""
    enters = ((actions == Action.LONG) | (actions == Action.SHORT)) & (traded != 0)
    adds = enters | ((actions == Action.SCALE_IN) & (traded != 0))
    exits = (actions == Action.EXIT) & (traded != 0)
    takes_off = (actions == Action.SCALE_OUT) & (traded != 0)
    quantity = np.where(exits, 0.0, accounts.quantity + traded)
    paid = accounts.entry * accounts.quantity + price * traded
    realised = np.where(exits | takes_off, -traded * (price - accounts.entry), 0.0)
    side = np.sign(quantity).astype(np.int_)
    change = np.where(adds, 1, np.where(takes_off, -1, 0)) * side
    moved = replace(
        accounts,
        balance=accounts.balance + realised,
        quantity=quantity,
        entry=np.where(adds, paid / np.where(adds, quantity, 1.0), accounts.entry),
        units=np.where(exits, 0, accounts.units + change),
        unit_quantity=np.where(enters, np.abs(traded), accounts.unit_quantity),
        held_candles=np.where(enters, 0, accounts.held_candles) + (quantity != 0),
        equity_at_entry=np.where(enters, equity, accounts.equity_at_entry),
    )
    return moved.put(exits, _emptied(moved))


def _closed(accounts: Accounts, price: Floats) -> Accounts:
    """Return the accounts with their positions closed at a price, at no cost."""
    realised = accounts.quantity * (price - accounts.entry)
    return _emptied(replace(accounts, balance=accounts.balance + realised))


def _emptied(accounts: Accounts) -> Accounts:
    """Return the accounts without their positions."""
    zeros = np.zeros_like(accounts.balance)
    return replace(
        accounts,
        quantity=zeros,
        entry=zeros,
        units=np.zeros_like(accounts.units),
        unit_quantity=zeros,
        held_candles=np.zeros_like(accounts.held_candles),
    )


def _booked(accounts: Accounts, ended: NDArray[np.bool_]) -> Accounts:
    """Return the accounts with the returns of trades that just ended, net of all they cost.

    A trade's return is what the account made from before its entry until after its exit.
    """
    if not ended.any():
        return accounts
    made = _ratio(accounts.balance - accounts.equity_at_entry, accounts.equity_at_entry)
    newest = np.concatenate([made[:, None], accounts.returns[:, :-1]], axis=1)
    returns = np.where(ended[:, None], newest, accounts.returns)
    return replace(accounts, returns=returns, sharpe=sharpe_of(returns))


def _cost(terms: Terms) -> float:
    return (terms.fee_bps + terms.spread_bps + terms.slippage_bps) / 1e4


def _ratio(value: Floats, of: Floats) -> Floats:
    return np.where(of > 0, value / np.where(of > 0, of, 1.0), 0.0)
