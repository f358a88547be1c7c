"""The venue's account under random sequences: what must hold after every single event."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from plimsoll.core.errors import UsageError
from plimsoll.venue.account import events as happened
from plimsoll.venue.account.events import Event, from_record, to_record
from plimsoll.venue.account.execution import MARKET_BOUND_FRACTION
from plimsoll.venue.account.ledger import Account, replayed
from plimsoll.venue.account.matching import Order
from plimsoll.venue.account.positions import AMOUNT_TOLERANCE
from plimsoll.venue.account.walking import last_and_mark
from plimsoll.venue.clock import Clock, parse_utc_ms
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.synthetic import SyntheticMarket
from tests.unit.venue.markets import fresh

START_MS = parse_utc_ms("2025-03-05T23:50:10Z")
SYMBOLS = ("BTCUSDT", "ETHUSDT", "ADAUSDT")
CENT = 1e-4
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Without shrinking: a failing history is as long as any, and known in seconds."""


@cache
def _market() -> SyntheticMarket:
    return fresh(7, ",".join(SYMBOLS))


def clean_market() -> SyntheticMarket:
    """Return the shared market without any scenario; what earlier examples bent is forgotten."""
    _market().overlay.events.clear()
    _market().forget_from(START_MS)
    return _market()


SIDES = st.sampled_from(["BUY", "SELL"])
KINDS = st.sampled_from(
    ["MARKET", "LIMIT", "LIMIT", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"]
)
NEAR = st.floats(0.985, 1.015)
MARKET_ORDERS = st.fixed_dictionaries(
    {
        "symbol": st.sampled_from(SYMBOLS),
        "side": SIDES,
        "kind": st.just("MARKET"),
        "usd": st.sampled_from([20_000.0, 250_000.0, 800_000.0]),
        "near": st.just(1.0),
        "trigger": st.just(1.0),
        "time_in_force": st.just("GTC"),
        "reduce_only": st.sampled_from([False, False, False, True]),
        "close_position": st.just(False),
        "working_type": st.just("CONTRACT_PRICE"),
        "price_protect": st.just(False),
    }
)
ANY_ORDERS = st.fixed_dictionaries(
    {
        "symbol": st.sampled_from(SYMBOLS),
        "side": SIDES,
        "kind": KINDS,
        "usd": st.sampled_from([60.0, 1000.0, 20_000.0, 400_000.0, 3e6]),
        "near": NEAR,
        "trigger": NEAR,
        "time_in_force": st.sampled_from(["GTC", "GTC", "GTX", "IOC", "FOK"]),
        "reduce_only": st.booleans(),
        "close_position": st.sampled_from([False, False, True]),
        "working_type": st.sampled_from(["CONTRACT_PRICE", "MARK_PRICE"]),
        "price_protect": st.booleans(),
    }
)
WAITS = st.sampled_from([1, 900, 20_000, 61_000, 600_000, 3_600_000])
LEVERAGES = st.sampled_from([1, 5, 20, 50, 75])
STEPS: dict[str, st.SearchStrategy[Any]] = {
    "market": MARKET_ORDERS,
    "order": ANY_ORDERS,
    "wait": WAITS,
    "cancel": st.integers(0, 5),
    "move": st.floats(-0.12, 0.12),
    "transfer": st.floats(-30_000.0, 60_000.0),
    "leverage": st.tuples(st.sampled_from(SYMBOLS), LEVERAGES),
    "filters": st.sampled_from([0.01, 0.1, 1.0]),
    "delist": st.sampled_from(SYMBOLS),
}
OFTEN = (
    *("market",) * 5,
    *("order",) * 8,
    *("wait",) * 6,
    *("move",) * 3,
    *("leverage",) * 2,
    *("cancel", "transfer", "filters", "delist"),
)


@st.composite
def histories(draw: st.DrawFn, length: int) -> list[tuple[str, Any]]:
    """A history of so many steps: what happens to one account and to its market."""
    names = draw(st.lists(st.sampled_from(OFTEN), min_size=length, max_size=length))
    leveraged = [("leverage", (symbol, draw(LEVERAGES))) for symbol in SYMBOLS]
    return leveraged + [(name, draw(STEPS[name])) for name in names]


@dataclass
class Auditor:
    """Books kept from the events alone, compared with the account after every one of them."""

    exchange: Exchange
    events: list[Event] = field(default_factory=list)
    cash_usd: float = 0.0
    fund_usd: float = 0.0
    exact: dict[str, Decimal] = field(default_factory=dict)

    @property
    def amounts(self) -> dict[str, float]:
        return {symbol: float(amount) for symbol, amount in self.exact.items()}

    def __call__(self, happening: Event) -> None:
        self.events.append(happening)
        account = self.exchange.account
        match happening:
            case happened.AccountOpened(balance_usd=cash, insurance_usd=fund):
                self.cash_usd, self.fund_usd = cash, fund
            case happened.OrderFilled():
                self._filled(account, happening)
            case happened.FundingPaid(symbols=symbols, rates=rates, marks=marks):
                for symbol, rate, mark in zip(symbols, rates, marks, strict=True):
                    self.cash_usd -= self.amounts.get(symbol, 0.0) * rate * mark
            case happened.PositionLiquidated():
                self._liquidated(account, happening)
            case happened.Transferred(amount_usd=amount):
                self.cash_usd += amount
            case _:
                pass
        self._compare(account)

    def _filled(self, account: Account, fill: happened.OrderFilled) -> None:
        signed = fill.quantity if fill.side == "BUY" else -fill.quantity
        before = self.amounts.get(fill.symbol, 0.0)
        self.exact[fill.symbol] = self.exact.get(fill.symbol, Decimal(0)) + Decimal(repr(signed))
        after = self.amounts[fill.symbol]
        self.cash_usd -= signed * fill.price + fill.fee_usd
        order = account.orders.by_id[fill.order_id]
        assert fill.quantity > 0
        assert order.executed <= order.quantity + AMOUNT_TOLERANCE
        if order.kind in ("LIMIT", "LIQUIDATION"):
            better = fill.price <= order.price if fill.side == "BUY" else fill.price >= order.price
            assert better, "nothing fills through its limit"
        if order.kind == "MARKET" and fill.fee_usd:
            _, mark = last_and_mark(self.exchange.market, fill.symbol, fill.time_ms)
            assert abs(fill.price / mark - 1.0) <= MARKET_BOUND_FRACTION + 1e-9
        if order.reduce_only:
            assert abs(after) <= abs(before) + AMOUNT_TOLERANCE
            assert after * before >= -AMOUNT_TOLERANCE, "reduce-only never flips"

    def _liquidated(self, account: Account, ended: happened.PositionLiquidated) -> None:
        self.cash_usd -= ended.fee_usd
        self.fund_usd += ended.fund_change_usd
        order = account.orders.by_id[ended.order_id]
        sign = 1.0 if order.side == "SELL" else -1.0
        result = sign * (ended.closed_price - ended.bankruptcy_price) * ended.taken_over
        whole = ended.fee_usd + result + ended.deleveraged_usd
        assert ended.fund_change_usd == pytest.approx(whole, abs=CENT)
        assert not account.position(ended.symbol).is_open
        assert account.orders.open(ended.symbol) == []
        event("liquidated")

    def _compare(self, account: Account) -> None:
        marks = {"BTCUSDT": 60_000.0, "ETHUSDT": 2500.0, "ADAUSDT": 0.7}
        held = sum(amount * marks[symbol] for symbol, amount in self.amounts.items())
        equity = account.wallet_usd + sum(
            one.unrealized_usd(marks[one.symbol]) for one in account.positions.values()
        )
        assert equity == pytest.approx(self.cash_usd + held, abs=CENT)
        assert account.insurance_usd == pytest.approx(self.fund_usd, abs=CENT)
        assert account.insurance_usd >= -CENT
        for symbol, amount in self.amounts.items():
            assert account.position(symbol).amount == pytest.approx(amount, abs=AMOUNT_TOLERANCE)
        booked = sum(entry.amount_usd for entry in account.income)
        opened = self.events[0]
        assert isinstance(opened, happened.AccountOpened)
        assert account.wallet_usd == pytest.approx(opened.balance_usd + booked, abs=CENT)
        by_hand = [order.id for order in account.orders.by_id.values() if order.is_open]
        assert [order.id for order in account.orders.open()] == by_hand


def opened(insurance_usd: float = 1e9) -> tuple[Exchange, Auditor]:
    """Return an exchange with an auditor who has seen its opening."""
    exchange = Exchange(
        clean_market(),
        Clock(START_MS, stepped=True),
        balance_usd=100_000.0,
        insurance_usd=insurance_usd,
    )
    auditor = Auditor(exchange)
    auditor(happened.AccountOpened(1, START_MS, balance_usd=100_000.0, insurance_usd=insurance_usd))
    exchange.matching.on_event(auditor)
    return exchange, auditor


def place(exchange: Exchange, asked: dict[str, Any]) -> None:
    """Place an order of about so many USD near the last price, whatever comes of it."""
    now_ms, asked = exchange.clock.now_ms(), dict(asked)
    last = exchange.snapshot(asked["symbol"], now_ms).last
    usd, near, trigger = asked.pop("usd"), asked.pop("near"), asked.pop("trigger")
    spec = exchange.market.specs[asked["symbol"]]
    quantity = max(round(usd / last, spec.size_decimals), spec.step_size)
    asked["close_position"] &= asked["kind"] in ("STOP_MARKET", "TAKE_PROFIT_MARKET")
    conditional = asked["kind"] not in ("MARKET", "LIMIT")
    order = Order(
        id=exchange.matching.next_id(),
        client_id="random",
        quantity=quantity,
        price=0.0 if "MARKET" in asked["kind"] else round(last * near, spec.price_decimals),
        trigger_price=round(last * trigger, spec.price_decimals) if conditional else 0.0,
        created_ms=now_ms,
        updated_ms=now_ms,
        **asked,
    )
    exchange.matching.submit(order, now_ms)


def carry_out(exchange: Exchange, step: tuple[str, Any], *, pauses: int = 1) -> None:
    """Do one thing to an exchange; a refusal is an outcome like any other."""
    name, value = step
    now_ms = exchange.clock.now_ms()
    try:
        if name in ("order", "market"):
            place(exchange, value)
        elif name == "wait":
            exchange.clock.step(value / 1000)
            for part in range(1, pauses + 1):
                exchange.matching.advance(now_ms + value * part // pauses)
        elif name == "cancel":
            open_orders = exchange.matching.open_orders()
            if open_orders:
                exchange.matching.cancel(open_orders[value % len(open_orders)], now_ms)
        elif name == "move":
            exchange.start_scenario("move", magnitude=value, duration_seconds=120)
        elif name == "transfer":
            exchange.transfer(value)
        elif name == "leverage":
            exchange.matching.set_leverage(*value, now_ms)
        elif name == "filters":
            exchange.change_filters("ADAUSDT", step_size=value, min_notional_usd=value * 100)
        else:
            exchange.delist(value)
    except (ApiError, UsageError) as refusal:
        event(f"refused: {refusal}"[:40])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(histories(length=30), st.sampled_from([1e9, 500.0, 0.0]))
def test_books_balance_after_every_event_and_the_log_tells_the_whole_state(
    steps: list[tuple[str, Any]], insurance_usd: float
) -> None:
    exchange, auditor = opened(insurance_usd)
    for step in steps:
        carry_out(exchange, step)
    carry_out(exchange, ("wait", 3_600_000))
    lines = [orjson.dumps(to_record(happening)) for happening in auditor.events]
    again = replayed(from_record(orjson.loads(line)) for line in lines)
    assert again == exchange.account


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(histories(length=18), st.integers(2, 37))
def test_how_often_anybody_asks_changes_no_event(steps: list[tuple[str, Any]], pauses: int) -> None:
    logs = []
    for parts in (1, pauses):
        exchange, auditor = opened()
        for step in steps:
            carry_out(exchange, step, pauses=parts)
        logs.append([replace(happening, time_ms=0) for happening in auditor.events])
        logs.append([happening.time_ms for happening in auditor.events])  # type: ignore[misc]
    assert logs[0] == logs[2]
    assert logs[1] == pytest.approx(logs[3], abs=1)
