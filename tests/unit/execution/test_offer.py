"""What the market offers one fill, cause by cause."""

from math import log, sqrt
from typing import Any

import pytest

from plimsoll.execution.offer import PRICE_CAUSES, Cause, Fill, Offer, Trigger, offered
from plimsoll.execution.settings import ExecutionSettings, OrderKind
from plimsoll.risk.costs import SECONDS_PER_YEAR, PairCosts, TradingCosts
from tests.unit.execution.markets import HOUR, START, calm, detail, tape
from tests.unit.performance.frames import BTC

AT = START + 100 * HOUR
FREE = TradingCosts(fee_bps=0, spread_bps=0, slippage_bps=0, latency_ms=0)
NO_IMPACT = {"impact_coefficient": 0.0}
LIMITS = {"entry_orders": OrderKind.LIMIT, "exit_orders": OrderKind.LIMIT, **NO_IMPACT}


def fill(amount: float = 1.0, price: float = 101.0, **more: Any) -> Fill:
    known = {"is_entry": True, "trigger": Trigger.OPEN, **more}
    return Fill(pair=BTC, at=AT, amount=amount, price=price, fee_fraction=0.0, **known)


def offer(
    one: Fill, *rows: tuple[float, ...], costs: TradingCosts = FREE, fee: float = 4.0, **more: Any
) -> Offer:
    shorter = detail(*rows, at=AT) if rows else None
    return offered(one, tape(shorter=shorter), costs, ExecutionSettings(**more), fee)


def test_a_free_market_offers_the_backtests_price() -> None:
    made = offer(fill(), **NO_IMPACT)
    assert made.moves_usd == dict.fromkeys(PRICE_CAUSES, 0.0)
    assert (made.got, made.is_over, made.has_detail) == (1.0, False, False)


@pytest.mark.parametrize(("amount", "sign"), [(1.0, 1), (-1.0, -1)])
def test_half_the_spread_is_paid_by_who_takes(amount: float, sign: int) -> None:
    costs = FREE.model_copy(update={"spread_bps": 2.0})
    moved = offer(fill(amount), costs=costs, **NO_IMPACT).moves_usd
    assert moved[Cause.SPREAD] == pytest.approx(sign * 101.0 * 2e-4)


def test_a_pairs_own_spread_counts() -> None:
    costs = FREE.model_copy(update={"spread_bps": 2.0, "pairs": {BTC: PairCosts(spread_bps=5)}})
    assert offer(fill(), costs=costs).moves_usd[Cause.SPREAD] == pytest.approx(101.0 * 5e-4)


def test_impact_is_the_square_root_law() -> None:
    market = tape()
    law = market.daily_volatility(AT) * sqrt(101.0 / market.daily_usd(AT))
    assert offer(fill()).moves_usd[Cause.IMPACT] == pytest.approx(101.0 * law)
    four = offer(fill(4.0)).moves_usd[Cause.IMPACT]
    assert four == pytest.approx(2 * 101.0 * law)
    assert offer(fill(), impact_coefficient=0.5).moves_usd[Cause.IMPACT] == pytest.approx(
        0.5 * 101.0 * law
    )


def test_walking_a_thin_book_is_charged_where_it_is_dearer() -> None:
    costs = FREE.model_copy(update={"slippage_bps": 10.0})
    walked = offer(fill(10.0), costs=costs, depth_order_usd=101.0).moves_usd[Cause.IMPACT]
    assert walked == pytest.approx(101.0 * 10 * 10e-4)
    deep = offer(fill(10.0), costs=costs, depth_order_usd=1e12).moves_usd[Cause.IMPACT]
    assert deep == offer(fill(10.0)).moves_usd[Cause.IMPACT]


def test_latency_is_the_drift_of_the_shorter_candles_a_gain_where_they_fall() -> None:
    costs = FREE.model_copy(update={"latency_ms": 3000.0})
    falls = (101.0, 101.0, 98.0, 98.0, 1000.0)
    made = offer(fill(), falls, costs=costs, **NO_IMPACT)
    assert made.moves_usd[Cause.LATENCY] == pytest.approx(-3.0 * 3 / 300)
    assert made.has_detail


def test_latency_without_shorter_candles_is_the_stated_share_of_volatility() -> None:
    costs = FREE.model_copy(update={"latency_ms": 1000.0})
    daily = tape().daily_volatility(AT)
    lost = offer(fill(-1.0), costs=costs).moves_usd[Cause.LATENCY]
    assert lost == pytest.approx(-101.0 * daily * sqrt(1 / 86_400) * 0.5)


def test_a_stop_that_the_price_jumped_over_is_filled_at_the_next_open() -> None:
    stop = fill(-1.0, 98.0, is_entry=False, trigger=Trigger.STOP)
    calm, jumped = (101.0, 101.5, 100.5, 101.0, 10.0), (95.0, 99.0, 94.0, 95.0, 10.0)
    assert offer(stop, calm, jumped, **NO_IMPACT).moves_usd[Cause.STOP] == pytest.approx(-3.0)


def test_a_stop_of_a_short_that_the_price_jumped_over_costs_as_much() -> None:
    stop = fill(1.0, 104.0, is_entry=False, trigger=Trigger.STOP)
    calm, jumped = (101.0, 101.5, 100.5, 101.0, 10.0), (107.0, 108.0, 103.0, 107.0, 10.0)
    assert offer(stop, calm, jumped, **NO_IMPACT).moves_usd[Cause.STOP] == pytest.approx(3.0)


def test_a_stop_reached_inside_a_candle_has_no_gap() -> None:
    stop = fill(-1.0, 98.0, is_entry=False, trigger=Trigger.STOP)
    falls = (101.0, 101.5, 95.0, 96.0, 10.0)
    assert offer(stop, falls, **NO_IMPACT).moves_usd[Cause.STOP] == 0.0


def test_a_stop_raised_above_the_open_inside_the_candle_is_no_gap() -> None:
    stop = fill(-1.0, 103.0, is_entry=False, trigger=Trigger.STOP)
    rises = (101.0, 105.0, 100.5, 102.0, 10.0)
    assert offer(stop, rises, **NO_IMPACT).moves_usd[Cause.STOP] == 0.0


def test_beyond_its_stop_an_order_loses_by_the_volatility_of_the_candle_that_hit_it() -> None:
    stop = fill(-1.0, 98.0, is_entry=False, trigger=Trigger.STOP)
    costs = FREE.model_copy(update={"latency_ms": 3000.0})
    falls = (101.0, 101.5, 95.0, 96.0, 10.0)
    lost = offer(stop, falls, costs=costs, **NO_IMPACT).moves_usd[Cause.STOP]
    volatility = log(101.5 / 95.0) / (2 * sqrt(log(2)))
    assert lost == pytest.approx(-98.0 * volatility * sqrt(3 / 300) * 0.5)
    yearly = volatility * sqrt(SECONDS_PER_YEAR / 300)
    assert lost == pytest.approx(-98.0 * costs.latency_fraction(yearly))


def test_an_order_larger_than_its_share_waits_for_the_next_candles() -> None:
    rows = ((101.0, 101.0, 101.0, 101.0, 50.0), (102.0, 104.0, 103.0, 102.0, 50.0))
    made = offer(fill(10.0), *rows, **NO_IMPACT)
    assert made.moves_usd[Cause.PARTIAL] == pytest.approx(0.5 * 2.0)
    assert not made.is_over


def test_what_the_candle_has_no_volume_for_goes_at_its_last_close() -> None:
    rows = ((101.0, 101.0, 101.0, 101.0, 50.0), (102.0, 102.0, 102.0, 102.0, 0.001))
    made = offer(fill(10.0), *rows, **NO_IMPACT)
    assert made.is_over
    assert made.moves_usd[Cause.PARTIAL] == pytest.approx(0.5 * 1.0)


def test_a_resting_entry_that_is_only_touched_is_not_got() -> None:
    rises = (101.0, 103.0, 101.0, 103.0, 1000.0)
    made = offer(fill(), rises, **LIMITS)
    assert made.got == 0.0


def test_a_resting_entry_gets_its_share_of_what_traded_through_its_price() -> None:
    through = (101.0, 103.0, 99.0, 103.0, 10.0)
    made = offer(fill(), through, maker_fee_bps=1.0, **LIMITS)
    assert made.got == pytest.approx(0.1 * 10.0 * 2 / 4)
    assert made.fee_fraction == pytest.approx(1e-4)
    assert offer(fill(0.1), through, **LIMITS).got == 1.0


def test_a_resting_entry_is_filled_by_one_candle_after_the_other() -> None:
    through = (101.0, 103.0, 99.0, 103.0, 4.0)
    once, twice = offer(fill(), through, **LIMITS), offer(fill(), through, through, **LIMITS)
    assert twice.got == pytest.approx(2 * once.got)


def test_a_stop_meets_the_volatility_of_the_candle_that_hit_it() -> None:
    stop = fill(-1.0, 98.0, is_entry=False, trigger=Trigger.STOP)
    crash = (101.0, 101.5, 60.0, 61.0, 1000.0)
    calm = offer(fill(-1.0, 98.0)).moves_usd[Cause.IMPACT]
    assert offer(stop, crash).moves_usd[Cause.IMPACT] < 5 * calm < 0


def test_a_resting_exit_that_is_missed_takes_at_the_close() -> None:
    leave = fill(-1.0, 101.0, is_entry=False)
    falls = (101.0, 101.0, 99.0, 99.0, 1000.0)
    costs = FREE.model_copy(update={"spread_bps": 2.0})
    made = offer(leave, falls, costs=costs, maker_fee_bps=1.0, **LIMITS)
    assert made.got == 1.0
    assert made.moves_usd[Cause.MISSED] == pytest.approx(-2.0)
    assert made.moves_usd[Cause.SPREAD] == pytest.approx(-101.0 * 2e-4)
    assert made.fee_fraction == pytest.approx(4e-4)


def test_a_resting_exit_that_was_filled_pays_no_spread_and_the_makers_fee() -> None:
    leave = fill(-1.0, 101.0, is_entry=False, trigger=Trigger.LEVEL)
    rises = (101.0, 103.0, 101.0, 103.0, 1000.0)
    costs = FREE.model_copy(update={"spread_bps": 2.0})
    made = offer(leave, rises, costs=costs, maker_fee_bps=1.0, **LIMITS)
    assert made.moves_usd == dict.fromkeys(PRICE_CAUSES, 0.0)
    assert made.fee_fraction == pytest.approx(1e-4)


def test_a_stop_is_a_market_order_whatever_the_exits_are() -> None:
    stop = fill(-1.0, 98.0, is_entry=False, trigger=Trigger.STOP)
    falls = (101.0, 101.5, 95.0, 96.0, 1000.0)
    costs = FREE.model_copy(update={"spread_bps": 2.0})
    assert offer(stop, falls, costs=costs, **LIMITS).moves_usd[Cause.SPREAD] < 0


def test_a_fill_in_a_hole_is_made_at_the_open_of_the_first_candle_after_it() -> None:
    own = calm().drop(index=[99, 100])
    own.loc[101, ["open", "high", "low"]] = (90.0, 102.0, 89.0)
    made = offered(fill(price=101.0), tape(own), FREE, ExecutionSettings(**NO_IMPACT), 4.0)
    assert made.moves_usd == {**dict.fromkeys(PRICE_CAUSES, 0.0), Cause.HOLE: -11.0}
