import numpy as np
import pytest

from plimsoll.venue.account.matching import Order
from plimsoll.venue.clock import Clock
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.base import Window
from plimsoll.venue.market.intervals import HOUR_MS
from tests.unit.venue.account.orders import BTC, draft
from tests.unit.venue.account.orders import submit as _submit
from tests.unit.venue.markets import NOW_MS, fresh, span


def _exchange() -> Exchange:
    return Exchange(fresh(), Clock(NOW_MS, stepped=True), balance_usd=100_000.0)


def test_a_market_order_pays_the_spread_and_walks_the_book() -> None:
    exchange = _exchange()
    book = exchange.book(BTC, 1000, NOW_MS)
    first = _submit(exchange, "BUY", "MARKET", 0.001)
    assert first.quote_usd / first.executed == pytest.approx(book.ask_prices[0])
    large = float(book.ask_sizes[:5].sum())
    exchange.account.free_usd = 1e12
    second = _submit(exchange, "BUY", "MARKET", round(large, 3))
    assert second.quote_usd / second.executed > book.ask_prices[0]


def test_a_resting_limit_fills_at_its_price_when_a_candle_reaches_it_and_not_before() -> None:
    start_ms = NOW_MS - NOW_MS % 60_000
    exchange = Exchange(fresh(), Clock(start_ms, stepped=True))
    hours = span(exchange.market, BTC, "1m", start_ms, start_ms + HOUR_MS)
    target = float(sorted(hours["high"])[-6])
    order = _submit(exchange, "SELL", "LIMIT", 0.01, price=target)
    assert order.status == "NEW"
    reached_ms = int(hours["open_ms"][hours["high"] >= target][0])
    exchange.matching.advance(reached_ms)
    assert order.status == "NEW"
    exchange.matching.advance(reached_ms + 60_000)
    assert (order.status, order.quote_usd / order.executed) == ("FILLED", pytest.approx(target))
    assert exchange.account.fills[-1].is_maker


@pytest.mark.parametrize("steps", [1, 7, 240])
def test_what_happens_does_not_depend_on_how_often_anybody_asks(steps: int) -> None:
    exchange = _exchange()
    last = exchange.snapshot(BTC, NOW_MS).last
    _submit(exchange, "BUY", "MARKET", 0.1)
    _submit(exchange, "SELL", "LIMIT", 0.05, price=round(last * 1.004, 1), reduce_only=True)
    _submit(exchange, "SELL", "STOP_MARKET", 0.1, trigger_price=round(last * 0.996, 1))
    for part in range(1, steps + 1):
        exchange.matching.advance(NOW_MS + 24 * HOUR_MS * part // steps)
    fills = [(f.side, round(f.price, 6), f.quantity, f.time_ms) for f in exchange.account.fills]
    assert len(fills) > 1
    _OUTCOMES.append(fills)
    assert fills == _OUTCOMES[0]
    assert [e.kind for e in exchange.account.income].count("REALIZED_PNL") >= 1


_OUTCOMES: list[object] = []


def test_a_position_without_a_stop_is_liquidated_in_a_crash() -> None:
    exchange = _exchange()
    exchange.account.set_leverage(BTC, 20)
    _submit(exchange, "BUY", "MARKET", 0.5)
    margin = exchange.account.position(BTC).wallet_usd
    before = exchange.account.wallet_usd
    exchange.start_scenario("flash-crash", magnitude=-0.2)
    exchange.matching.advance(NOW_MS + HOUR_MS)
    assert exchange.account.position(BTC).amount == 0.0
    assert exchange.account.wallet_usd == pytest.approx(before - margin)
    assert exchange.account.income[-1].kind == "INSURANCE_CLEAR"


def test_funding_is_paid_at_the_served_rate() -> None:
    exchange = _exchange()
    exchange.account.set_leverage(BTC, 2)
    _submit(exchange, "SELL", "MARKET", 0.1)
    exchange.matching.advance(NOW_MS + 24 * HOUR_MS)
    paid = [e for e in exchange.account.income if e.kind == "FUNDING_FEE"]
    window = Window(NOW_MS, None, 10)
    rates = exchange.market.funding(BTC, window, NOW_MS + 24 * HOUR_MS)
    assert [entry.time_ms for entry in paid] == rates["time_ms"].tolist()
    for entry, rate in zip(paid, rates, strict=True):
        assert entry.amount_usd == pytest.approx(0.1 * rate["mark"] * rate["rate"])


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("MARKET", {"reduce_only": True}, -2010),
        ("LIMIT", {"price": 1e6, "time_in_force": "GTX"}, -2010),
        ("STOP_MARKET", {"trigger_price": 1.0}, -2021),
    ],
)
def test_orders_that_cannot_be_are_refused(kind: str, fields: dict[str, object], code: int) -> None:
    exchange = _exchange()
    exchange.account.set_leverage(BTC, 125)
    with pytest.raises(ApiError) as refused:
        _submit(exchange, "BUY", kind, 0.1, **fields)
    assert refused.value.code == code
    assert exchange.matching.orders == {}


def test_an_order_beyond_the_free_margin_is_refused() -> None:
    exchange = _exchange()
    exchange.account.free_usd = 100.0
    with pytest.raises(ApiError) as refused:
        _submit(exchange, "BUY", "MARKET", 1.0)
    assert refused.value.code == -2019


def test_immediate_or_cancel_leaves_nothing_behind() -> None:
    exchange = _exchange()
    order = _submit(exchange, "BUY", "LIMIT", 0.01, price=1000.0, time_in_force="IOC")
    assert (order.status, order.executed) == ("EXPIRED", 0.0)
    assert exchange.matching.open_orders() == []


def _at_minute(balance_usd: float = 1e9) -> tuple[Exchange, int]:
    start_ms = NOW_MS - NOW_MS % 60_000
    clock = Clock(start_ms, stepped=True)
    return Exchange(fresh(), clock, balance_usd=balance_usd), start_ms


def test_a_large_resting_order_gets_a_share_of_each_minute_that_reaches_it() -> None:
    exchange, start_ms = _at_minute()
    last = exchange.snapshot(BTC, start_ms).last
    minutes = span(exchange.market, BTC, "1m", start_ms, start_ms + HOUR_MS)
    # Above the book, so that nothing is taken at once, and below the path soon after.
    exchange.start_scenario("move", magnitude=0.02, duration_seconds=30)
    quantity = round(float(minutes["volume"][:10].sum()) * 0.1, 3)
    order = _submit(exchange, "SELL", "LIMIT", quantity, price=round(last * 1.01, 1))
    exchange.matching.advance(start_ms + 3 * 60_000 - 1)
    assert order.status == "PARTIALLY_FILLED"
    fills = exchange.account.fills
    assert [fill.time_ms // 60_000 for fill in fills] == [start_ms // 60_000 + n for n in range(3)]
    for fill, volume in zip(fills, minutes["volume"][:3], strict=True):
        assert fill.quantity == pytest.approx(0.1 * volume, abs=0.001)
        assert (fill.price, fill.is_maker) == (order.price, True)
    exchange.matching.advance(start_ms + HOUR_MS)
    assert (order.status, order.executed) == ("FILLED", quantity)
    assert len({fill.id for fill in fills}) == len(fills) >= 9


def test_two_resting_orders_share_what_a_minute_offers() -> None:
    exchange, start_ms = _at_minute()
    last = exchange.snapshot(BTC, start_ms).last
    [minute] = span(exchange.market, BTC, "1m", start_ms, start_ms + 60_000)
    exchange.start_scenario("move", magnitude=0.02, duration_seconds=30)
    for _ in range(2):
        _submit(exchange, "SELL", "LIMIT", 100.0, price=round(last * 1.01, 1))
    exchange.matching.advance(start_ms + 59_999)
    assert sum(fill.quantity for fill in exchange.account.fills) == pytest.approx(
        0.1 * minute["volume"], abs=0.002
    )


def test_a_large_market_order_is_filled_level_by_level_each_with_its_own_id() -> None:
    exchange = _exchange()
    exchange.account.free_usd = 1e12
    book = exchange.book(BTC, 1000, NOW_MS)
    order = _submit(exchange, "BUY", "MARKET", round(float(book.ask_sizes[:3].sum()), 3))
    fills = exchange.account.fills
    assert [fill.price for fill in fills] == book.ask_prices[:3].tolist()
    assert [fill.id for fill in fills] == [1, 2, 3]
    assert order.status == "FILLED"


def test_a_market_order_beyond_its_protection_price_expires_with_what_it_got() -> None:
    clock = Clock(NOW_MS, stepped=True)
    exchange = Exchange(fresh(), clock, balance_usd=1e12, spread_scale=5700.0)
    exchange.account.set_leverage(BTC, 1)
    spread = exchange.book(BTC, 5, NOW_MS).ask_prices[0] / exchange.snapshot(BTC, NOW_MS).mark
    assert 1.04 < spread < 1.05
    order = _submit(exchange, "BUY", "MARKET", 15_000.0)
    assert (order.status, order.reason) == ("EXPIRED", 2)
    assert 0 < order.executed < 15_000.0
    mark = exchange.snapshot(BTC, NOW_MS).mark
    assert max(fill.price for fill in exchange.account.fills) <= mark * 1.05
    exchange.spread_scale = 6000.0
    with pytest.raises(ApiError) as refused:
        _submit(exchange, "BUY", "MARKET", 0.01)
    assert refused.value.code == -4131


@pytest.mark.parametrize(("working_type", "triggers"), [("CONTRACT_PRICE", 1), ("MARK_PRICE", 0)])
def test_a_trigger_follows_the_price_that_it_works_on(
    working_type: str, triggers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = _exchange()
    _submit(exchange, "BUY", "MARKET", 0.1)
    still = exchange.market.log_path(BTC, np.array([NOW_MS], dtype=np.int64))[0]
    monkeypatch.setattr(exchange.market, "log_marks", lambda s, times, logs: logs * 0 + still)
    last = exchange.snapshot(BTC, NOW_MS).last
    stop = draft(
        exchange,
        "SELL",
        "STOP_MARKET",
        0.1,
        trigger_price=round(last * 0.99, 1),
        working_type=working_type,
        reduce_only=True,
    )
    exchange.matching.submit(stop, NOW_MS)
    exchange.start_scenario("move", magnitude=-0.02, duration_seconds=60)
    exchange.matching.advance(NOW_MS + 120_000)
    placed = exchange.matching.orders[stop.id]
    assert (placed.status == "FINISHED") == bool(triggers)
    assert bool(placed.child_id) == bool(triggers)


def test_a_protected_order_waits_while_last_and_mark_price_are_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exchange = _exchange()
    _submit(exchange, "BUY", "MARKET", 0.1)
    still = exchange.market.log_path(BTC, np.array([NOW_MS], dtype=np.int64))[0]
    monkeypatch.setattr(exchange.market, "log_marks", lambda s, times, logs: logs * 0 + still)
    last = exchange.snapshot(BTC, NOW_MS).last
    levels, held = {"trigger_price": round(last * 0.93, 1), "price": round(last * 0.8, 1)}, []
    for protected in (True, False):
        stop = draft(exchange, "SELL", "STOP", 0.05, price_protect=protected, **levels)
        held.append(exchange.matching.submit(stop, NOW_MS))
    exchange.start_scenario("move", magnitude=-0.1, duration_seconds=60)
    exchange.matching.advance(NOW_MS + 30 * 60_000)
    assert [order.status for order in held] == ["NEW", "FINISHED"]


def test_a_stop_limit_rests_once_it_has_triggered() -> None:
    exchange = _exchange()
    _submit(exchange, "BUY", "MARKET", 0.1)
    last = exchange.snapshot(BTC, NOW_MS).last
    levels = {"trigger_price": round(last * 0.99, 1), "price": round(last * 1.01, 1)}
    stop = _submit(exchange, "SELL", "STOP", 0.1, reduce_only=True, **levels)
    exchange.start_scenario("move", magnitude=-0.02, duration_seconds=60)
    exchange.matching.advance(NOW_MS + 120_000)
    child = exchange.matching.orders[stop.child_id]
    assert (stop.status, child.status, child.parent_id) == ("TRIGGERED", "NEW", stop.id)
    exchange.clock.step(120)
    exchange.start_scenario("move", magnitude=0.05, duration_seconds=60)
    exchange.matching.advance(NOW_MS + 600_000)
    assert (stop.status, child.status) == ("FINISHED", "FILLED")
    assert child.quote_usd / child.executed == pytest.approx(child.price)


def test_a_triggered_order_that_is_refused_leaves_no_child() -> None:
    exchange = _exchange()
    last = exchange.snapshot(BTC, NOW_MS).last
    level = round(last * 0.99, 1)
    reducing = _submit(exchange, "SELL", "STOP_MARKET", 0.1, trigger_price=level, reduce_only=True)
    closing = _submit(
        exchange, "SELL", "STOP_MARKET", 0.0, trigger_price=level, close_position=True
    )
    exchange.start_scenario("move", magnitude=-0.02, duration_seconds=60)
    exchange.matching.advance(NOW_MS + 120_000)
    assert (reducing.status, closing.status) == ("REJECTED", "EXPIRED")
    assert len(exchange.matching.orders) == 2


def test_a_resting_reduce_only_order_expires_with_the_position() -> None:
    exchange = _exchange()
    _submit(exchange, "BUY", "MARKET", 0.1)
    last = exchange.snapshot(BTC, NOW_MS).last
    profit = _submit(exchange, "SELL", "LIMIT", 0.1, price=round(last * 1.1, 1), reduce_only=True)
    _submit(exchange, "SELL", "MARKET", 0.06, reduce_only=True)
    assert profit.status == "NEW"
    closing = _submit(exchange, "SELL", "MARKET", 0.06, reduce_only=True)
    assert (closing.status, closing.quantity) == ("FILLED", 0.04)
    assert (profit.status, profit.reason) == ("EXPIRED", 4)


def test_finished_orders_cost_a_step_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = _exchange()
    _submit(exchange, "BUY", "MARKET", 0.1)
    for _ in range(50):
        order = _submit(exchange, "BUY", "LIMIT", 0.01, price=10_000.0)
        exchange.matching.cancel(order, NOW_MS)

    class Closed(dict[int, Order]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            raise AssertionError("a step looked through all orders there ever were")

        values = items = __iter__  # type: ignore[assignment]

    monkeypatch.setattr(
        exchange.account.orders, "by_id", Closed(dict(exchange.account.orders.by_id))
    )
    exchange.matching.advance(NOW_MS + HOUR_MS)
    exchange.matching.free_usd()


def test_an_amended_limit_that_crosses_takes_the_book_and_not_its_own_price() -> None:
    exchange = _exchange()
    last = exchange.snapshot(BTC, NOW_MS).last
    order = _submit(exchange, "BUY", "LIMIT", 0.01, price=round(last * 0.9, 1))
    exchange.matching.amend(order, 0.02, round(last * 1.02, 1), NOW_MS)
    [fill] = exchange.account.fills
    assert (order.status, fill.quantity, fill.is_maker) == ("FILLED", 0.02, False)
    assert fill.price == exchange.book(BTC, 5, NOW_MS).ask_prices[0]


def test_a_post_only_order_is_not_amended_into_a_taker() -> None:
    exchange = _exchange()
    last = exchange.snapshot(BTC, NOW_MS).last
    order = _submit(exchange, "BUY", "LIMIT", 0.01, price=round(last * 0.9, 1), time_in_force="GTX")
    with pytest.raises(ApiError, match="could not be executed as maker"):
        exchange.matching.amend(order, 0.01, round(last * 1.02, 1), NOW_MS)
    assert (order.price, order.status) == (round(last * 0.9, 1), "NEW")
