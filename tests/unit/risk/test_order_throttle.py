"""Orders in a short window."""

from datetime import timedelta

from plimsoll.core import Mode
from plimsoll.risk.guards.order_throttle import order_throttle
from tests.unit.risk.accounts import NOON, PROFILE, account, before


def orders(count: int, *, newest: float = 1.0):
    """Orders a second apart, after an old one."""
    return [before(days=1), *(before(seconds=newest + age) for age in reversed(range(count)))]


def test_nineteen_orders_in_a_minute_are_allowed() -> None:
    assert order_throttle(account(order_times=orders(19)), PROFILE).mode is Mode.ACTIVE


def test_the_twentieth_closes_the_throttle_until_the_oldest_is_out_of_the_window() -> None:
    verdict = order_throttle(account(order_times=orders(20)), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert verdict.until == before(seconds=20) + timedelta(seconds=60)
    assert (verdict.value, verdict.limit) == (20, 20)
    assert verdict.reason == "20 orders in 60 s reached the limit 20"


def test_more_orders_than_the_limit_keep_it_closed_longer() -> None:
    verdict = order_throttle(account(order_times=orders(30)), PROFILE)
    assert verdict.value == 30
    assert verdict.until == before(seconds=20) + timedelta(seconds=60)


def test_an_order_exactly_as_old_as_the_window_is_out_of_it() -> None:
    assert order_throttle(account(order_times=[before(seconds=60)] * 20), PROFILE).mode is (
        Mode.ACTIVE
    )
    assert order_throttle(account(order_times=[before(seconds=59)] * 20), PROFILE).mode is (
        Mode.REDUCING
    )


def test_an_order_of_the_future_counts() -> None:
    late = [NOON + timedelta(seconds=5)] * 20
    assert order_throttle(account(order_times=late), PROFILE).mode is Mode.REDUCING


def test_orders_that_cannot_be_seen_deny() -> None:
    verdict = order_throttle(account(order_times=None), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert verdict.limit == 20
