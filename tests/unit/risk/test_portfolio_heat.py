"""What all stops together would cost."""

import pytest

from plimsoll.core import Mode
from plimsoll.risk.guards.portfolio_heat import portfolio_heat
from tests.unit.risk.accounts import (
    BTC,
    ETH,
    PROFILE,
    SOL,
    account,
    position,
    profile,
    request,
    short,
)

FREE = {"fill_cost_fraction": 0.0}


def judge(*positions, **changes):
    return portfolio_heat(request(**{**FREE, **changes}), account(positions=positions), PROFILE)


def test_heat_exactly_at_the_limit_is_allowed() -> None:
    # 197 USD at the open stop, 3 USD at the new one, of 1,000.
    assert judge(position(amount=197.0)).mode is Mode.ACTIVE


def test_heat_above_the_limit_is_refused() -> None:
    verdict = judge(position(amount=198.0))
    assert verdict.mode is Mode.REDUCING
    assert verdict.pair == BTC
    assert verdict.value == pytest.approx(0.201)
    assert verdict.limit == 0.2
    assert "portfolio heat 20.10% of equity is above its limit 20.00%" in verdict.reason


def test_fees_of_the_entry_count() -> None:
    assert judge(position(amount=197.0), fill_cost_fraction=0.0007).mode is Mode.REDUCING


def test_all_positions_count_long_and_short() -> None:
    assert judge(position(ETH, amount=98.0), short(SOL, amount=99.0)).mode is Mode.ACTIVE
    assert judge(position(ETH, amount=98.0), short(SOL, amount=100.0)).mode is Mode.REDUCING


def test_a_stop_in_profit_costs_what_equity_would_lose() -> None:
    trailed = position(amount=10.0, mark_price=130.0, stop_price=110.5)
    assert judge(trailed).mode is Mode.ACTIVE
    assert judge(position(amount=10.0, mark_price=130.0, stop_price=110.0)).mode is Mode.REDUCING


def test_a_loss_on_paper_does_not_cool_a_position() -> None:
    assert judge(position(amount=198.0, mark_price=99.5)).mode is Mode.REDUCING


def test_a_stop_beyond_the_mark_is_no_negative_heat() -> None:
    locked = position(SOL, amount=50.0, mark_price=120.0, stop_price=121.0)
    assert judge(locked, position(amount=198.0)).mode is Mode.REDUCING


@pytest.mark.parametrize(("breaker", "mode"), [(0.15, Mode.ACTIVE), (1.0, Mode.REDUCING)])
def test_a_breaker_counts_at_its_distance_for_what_is_held_and_what_is_added(
    breaker: float, mode: Mode
) -> None:
    limits = profile(breaker_stop_fraction=breaker)
    # 8 coins at 100 with stops 40 % away: 120 USD at 15 %. 160 of stake at 3x add 72.
    held = [position(ETH, amount=4.0, stop_price=60.0), short(SOL, amount=4.0, stop_price=140.0)]
    asked = request(stake_usd=160.0, stop_price=60.0, **FREE)
    verdict = portfolio_heat(asked, account(positions=held), limits)
    assert verdict.mode is mode
    more = request(stake_usd=180.0, stop_price=60.0, **FREE)
    assert portfolio_heat(more, account(positions=held), limits).mode is Mode.REDUCING


def test_a_stop_nearer_than_a_breaker_counts_where_it_is() -> None:
    limits = profile(breaker_stop_fraction=0.15)
    held = account(positions=[position(amount=197.0)])
    assert portfolio_heat(request(**FREE), held, limits).mode is Mode.ACTIVE
    hotter = account(positions=[position(amount=198.0)])
    assert portfolio_heat(request(**FREE), hotter, limits).mode is Mode.REDUCING


def test_a_position_without_a_stop_risks_its_margin() -> None:
    assert judge(position(stop_price=None, margin_usd=197.0)).mode is Mode.ACTIVE
    assert judge(position(stop_price=None, margin_usd=198.0)).mode is Mode.REDUCING


@pytest.mark.parametrize(
    "unknown",
    [
        position(stop_price=None, margin_usd=None),
        position(mark_price=float("nan")),
        position(stop_price=float("nan")),
    ],
)
def test_heat_that_is_not_known_refuses(unknown) -> None:
    verdict = judge(unknown)
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.limit) == (BTC, 0.2)


@pytest.mark.parametrize(
    "unknown", [{"positions": None}, {"equity_usd": None}, {"equity_usd": 0.0}]
)
def test_an_account_that_is_not_known_refuses(unknown: dict) -> None:
    assert portfolio_heat(request(), account(**unknown), PROFILE).mode is Mode.REDUCING


def test_an_entry_whose_risk_is_not_known_is_refused() -> None:
    assert judge(stop_price=101.0).mode is Mode.REDUCING
