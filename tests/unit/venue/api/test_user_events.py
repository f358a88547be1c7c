from typing import Any

import pytest

from plimsoll.venue.account.events import Event, OrderFilled
from plimsoll.venue.api.user_events import in_danger, margin_call, messages_of
from plimsoll.venue.exchange import Exchange
from tests.unit.venue.api.signed import buy, call, code_of
from tests.unit.venue.markets import exchange_at


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def heard(exchange: Exchange) -> list[dict[str, Any]]:
    """Return a list that fills with what a stream says of later events."""
    messages: list[dict[str, Any]] = []

    def take(event: Event) -> None:
        messages.extend(messages_of(exchange, event))

    exchange.matching.on_event(take)
    return messages


def test_a_fill_carries_fee_and_profit(exchange: Exchange) -> None:
    buy(exchange)
    messages = heard(exchange)
    call(exchange, "POST", "/fapi/v1/order", side="SELL", type="MARKET", quantity=0.1)
    told = [one["o"] for one in messages if one.get("o", {}).get("x") == "TRADE"]
    fills = exchange.account.fills[-len(told) :]
    assert [float(one["n"]) for one in told] == pytest.approx([fill.fee_usd for fill in fills])
    assert [float(one["rp"]) for one in told] == pytest.approx(
        [fill.realized_usd for fill in fills], abs=1e-8
    )
    assert (told[-1]["N"], told[-1]["m"], told[-1]["t"]) == ("USDT", False, fills[-1].id)


def test_a_liquidation_is_told_by_its_own_name(exchange: Exchange) -> None:
    call(exchange, "POST", "/fapi/v1/leverage", leverage=100)
    buy(exchange)
    messages = heard(exchange)
    exchange.start_scenario("move", magnitude=-0.05, duration_seconds=60)
    exchange.clock.step(120)
    exchange.advance(exchange.clock.now_ms())
    orders = [one["o"] for one in messages if one["e"] == "ORDER_TRADE_UPDATE"]
    assert orders[0]["c"].startswith("autoclose-")
    assert orders[-1]["x"] == "CALCULATED"
    reasons = [one["a"]["m"] for one in messages if one["e"] == "ACCOUNT_UPDATE"]
    assert reasons[-1] == "INSURANCE_CLEAR"


def test_a_refused_order_and_the_opening_of_the_account_say_nothing(exchange: Exchange) -> None:
    messages = heard(exchange)
    far = {"side": "BUY", "type": "LIMIT", "quantity": 50, "price": 50_000}
    assert code_of(exchange, "POST", "/fapi/v1/order", **far) < 0
    assert messages == []


def test_a_fill_of_no_known_order_moves_the_account_alone(exchange: Exchange) -> None:
    event = exchange.account.record(
        OrderFilled,
        exchange.clock.now_ms(),
        order_id=7,
        fill_id=1,
        symbol="BTCUSDT",
        side="BUY",
        price=60_000.0,
        quantity=0.1,
        fee_usd=1.0,
        is_maker=False,
    )
    assert [one["e"] for one in messages_of(exchange, event)] == ["ACCOUNT_UPDATE"]


def test_danger_begins_at_four_fifths_of_the_margin(exchange: Exchange) -> None:
    call(exchange, "POST", "/fapi/v1/leverage", leverage=100)
    buy(exchange)
    position, now_ms = exchange.account.position("BTCUSDT"), exchange.clock.now_ms()
    assert not in_danger(exchange, position, now_ms)
    called = margin_call(exchange, position, now_ms)["p"][0]
    assert (called["s"], called["mt"], called["pa"]) == ("BTCUSDT", "ISOLATED", "0.100")
    thin = type(position)(**{**vars(position), "wallet_usd": position.wallet_usd * 0.3})
    assert in_danger(exchange, thin, now_ms)
