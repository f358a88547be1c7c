"""The wait after a trade of a pair."""

from datetime import timedelta

from plimsoll.core import Mode
from plimsoll.risk.guards.cooldown import cooldown
from tests.unit.risk.accounts import BTC, ETH, NOON, PROFILE, account, before, closed, profile


def judge(*trades, limits=PROFILE):
    return cooldown(BTC, account(closed_trades=trades), limits)


def test_the_pair_waits_from_its_last_close() -> None:
    verdict = judge(closed(1, BTC, closed_at=before(seconds=899)))
    assert verdict.mode is Mode.REDUCING
    assert verdict.pair == BTC
    assert verdict.until == NOON + timedelta(seconds=1)
    assert (verdict.value, verdict.limit) == (899, 900)
    assert verdict.reason == f"{BTC} closed 899 s ago, cooldown 900 s"


def test_the_wait_is_over_exactly_when_its_time_is() -> None:
    assert judge(closed(1, BTC, closed_at=before(seconds=900))).mode is Mode.ACTIVE


def test_another_pair_does_not_wait_and_does_not_hide_one_that_does() -> None:
    newer = closed(1, ETH, closed_at=before(seconds=1))
    assert judge(newer).mode is Mode.ACTIVE
    assert judge(closed(1, BTC, closed_at=before(seconds=10)), newer).mode is Mode.REDUCING


def test_the_latest_close_of_the_pair_counts() -> None:
    trades = [closed(1, BTC, closed_at=before(seconds=age)) for age in (500, 100)]
    assert judge(*trades).until == NOON + timedelta(seconds=800)


def test_no_wait_at_all() -> None:
    at_once = closed(1, BTC, closed_at=NOON)
    assert judge(at_once, limits=profile(cooldown_seconds=0)).mode is Mode.ACTIVE


def test_an_older_trade_ends_the_search() -> None:
    class Untouchable:
        closed_at = before(days=1)

        @property
        def pair(self) -> str:
            raise AssertionError("looked at a trade older than the wait")

    assert judge(Untouchable(), closed(1, ETH, closed_at=NOON)).mode is Mode.ACTIVE


def test_trades_that_cannot_be_seen_deny() -> None:
    verdict = cooldown(BTC, account(closed_trades=None), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.limit) == (BTC, 900)
