from typing import Any

import pytest

from plimsoll.core.errors import UsageError
from plimsoll.venue.api.control import CONTROLS, list_faults, list_scenarios
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.faults import FAULTS
from plimsoll.venue.market.scenario import SCENARIOS
from tests.unit.venue.markets import NOW_MS, exchange_at


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def control(exchange: Exchange, method: str, path: str, **body: Any) -> Any:
    return CONTROLS[method, f"/plimsoll/{path}"](exchange, body)


def test_a_step_moves_the_clock_and_reports_it(exchange: Exchange) -> None:
    clock = control(exchange, "POST", "clock/step", seconds=90)
    assert (clock["now_ms"], clock["mode"], clock["speed"]) == (NOW_MS + 90_000, "stepped", 0.0)
    assert control(exchange, "GET", "clock")["now_ms"] == NOW_MS + 90_000


@pytest.mark.parametrize("seconds", [None, True, "90", [90]])
def test_a_step_needs_a_number(exchange: Exchange, seconds: object) -> None:
    with pytest.raises(UsageError, match='a number "seconds"'):
        control(exchange, "POST", "clock/step", seconds=seconds)
    assert exchange.clock.now_ms() == NOW_MS


def test_health_names_an_outage(exchange: Exchange) -> None:
    assert control(exchange, "GET", "health")["outage_until_ms"] is None
    event = control(exchange, "POST", "scenario", name="outage", duration_seconds=30)
    assert event["end_ms"] == NOW_MS + 30_000
    assert control(exchange, "GET", "health")["outage_until_ms"] == NOW_MS + 30_000


def test_a_scenario_takes_pairs_as_freqtrade_writes_them(exchange: Exchange) -> None:
    event = control(exchange, "POST", "scenario", name="rally", symbols=["BTC/USDT:USDT"])
    assert event["symbols"] == ["BTCUSDT"]
    assert event["magnitude"] == SCENARIOS["rally"].default_magnitude


@pytest.mark.parametrize("body", [{}, {"name": 3}, {"name": "rally", "symbols": "BTCUSDT"}])
def test_a_scenario_of_the_wrong_shape_is_refused(exchange: Exchange, body: Any) -> None:
    with pytest.raises(UsageError, match="expected"):
        control(exchange, "POST", "scenario", **body)
    assert exchange.market.overlay.events == []


def test_a_fault_is_listed_until_it_is_ended(exchange: Exchange) -> None:
    fault = control(exchange, "POST", "faults", kind="clock-skew", skew_seconds=3)
    [listed] = control(exchange, "GET", "faults")["started"]
    assert (listed["id"], listed["active"], listed["skew_seconds"]) == (fault["id"], True, 3.0)
    assert [one["id"] for one in control(exchange, "DELETE", "faults")["ended"]] == [fault["id"]]
    [listed] = control(exchange, "GET", "faults")["started"]
    assert listed["active"] is False


def test_every_scenario_and_fault_is_described() -> None:
    assert [one["name"] for one in list_scenarios()] == list(SCENARIOS)
    assert [one["name"] for one in list_faults()] == list(FAULTS)
    assert all(one["description"] for one in (*list_scenarios(), *list_faults()))


def test_a_transfer_moves_the_wallet_and_is_on_record(exchange: Exchange) -> None:
    paid = control(exchange, "POST", "transfer", amount_usd=500)
    assert (paid["wallet_usd"], paid["free_usd"], paid["recorded"]) == (10_500.0, 10_500.0, True)
    [entry] = exchange.account.income
    assert (entry.kind, entry.amount_usd, entry.symbol) == ("TRANSFER", 500.0, "")


def test_money_can_leave_without_a_record(exchange: Exchange) -> None:
    left = control(exchange, "POST", "transfer", amount_usd=-2_500, recorded=False)
    assert left["wallet_usd"] == 7_500.0
    assert exchange.account.income == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, 'a number "amount_usd"'),
        ({"amount_usd": 0}, "an amount other than 0"),
        ({"amount_usd": float("nan")}, "an amount other than 0"),
        ({"amount_usd": -10_001}, "10000.00 USD is free"),
        ({"amount_usd": 1, "recorded": "no"}, '"recorded" to be true or false'),
    ],
)
def test_a_transfer_that_cannot_be_is_refused(
    exchange: Exchange, body: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        control(exchange, "POST", "transfer", **body)
    assert exchange.account.wallet_usd == 10_000.0


def test_coins_move_without_an_order(exchange: Exchange) -> None:
    held = control(exchange, "POST", "transfer", asset="BTC", amount=0.5)
    assert held == {"asset": "BTC", "amount": 0.5, "total": 0.5}
    assert control(exchange, "POST", "transfer", asset="BTC", amount=-0.2)["total"] == 0.3
    assert exchange.spot.wallet.fills == []
    assert exchange.account.wallet_usd == 10_000.0


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"asset": "BTC"}, 'a number "amount"'),
        ({"asset": "BTC", "amount": 0}, "an amount other than 0"),
        ({"asset": "BTC", "amount": float("nan")}, "an amount other than 0"),
        ({"asset": "BTC", "amount": -1}, "0 is free"),
        ({"asset": "DOGE", "amount": 1}, "unknown asset DOGE"),
        ({"asset": 7, "amount": 1}, "unknown asset 7"),
    ],
)
def test_coins_that_cannot_be_moved_are_refused(
    exchange: Exchange, body: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        control(exchange, "POST", "transfer", **body)
