"""The circuit breaker."""

from datetime import timedelta

from plimsoll.core import ApiHealth, Mode
from plimsoll.risk.guards.api_errors import api_errors
from tests.unit.risk.accounts import PROFILE, account, before


def errors(count: int, *, newest_seconds: float = 10):
    times = [before(seconds=newest_seconds + age) for age in reversed(range(count))]
    return account(api_health=ApiHealth(error_times=[before(hours=2), *times]))


def test_four_errors_in_five_minutes_are_borne() -> None:
    assert api_errors(errors(4), PROFILE).mode is Mode.ACTIVE


def test_the_fifth_error_stops_entries_until_it_is_out_of_the_window() -> None:
    verdict = api_errors(errors(5), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert verdict.until == before(seconds=14) + timedelta(seconds=300)
    assert (verdict.value, verdict.limit) == (5, 5)
    assert verdict.reason == "5 API errors in 300 s reached the limit 5"


def test_the_fifteenth_error_flattens() -> None:
    assert api_errors(errors(14), PROFILE).mode is Mode.REDUCING
    verdict = api_errors(errors(15), PROFILE)
    assert verdict.mode is Mode.FLATTEN
    assert (verdict.value, verdict.limit) == (15, 15)
    assert verdict.until == before(seconds=24) + timedelta(seconds=300)


def test_errors_exactly_as_old_as_the_window_are_forgotten() -> None:
    assert api_errors(errors(5, newest_seconds=300), PROFILE).mode is Mode.ACTIVE
    assert api_errors(errors(5, newest_seconds=295.5), PROFILE).mode is Mode.REDUCING


def test_health_that_cannot_be_known_denies() -> None:
    verdict = api_errors(account(api_health=None), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert verdict.limit == 5
