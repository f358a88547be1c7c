"""Who drives a stepped clock may know the path ahead; nobody else."""

from typing import Any

import pytest

from plimsoll.core.errors import UsageError
from plimsoll.venue.api.control import CONTROLS
from plimsoll.venue.clock import Clock
from plimsoll.venue.exchange import Exchange
from tests.unit.venue.markets import NOW_MS, exchange_at, fresh

SPAN = {"start_ms": NOW_MS, "end_ms": NOW_MS + 60_000}


def path(exchange: Exchange, **body: Any) -> Any:
    return CONTROLS["POST", "/plimsoll/path"](exchange, body)


def test_the_path_comes_with_tick_and_spread_under_the_name_that_was_asked() -> None:
    ahead = path(exchange_at(), symbols=["BTC/USDT:USDT"], **SPAN)["BTC/USDT:USDT"]
    assert ahead["points"][0][0] == NOW_MS
    assert ahead["points"][-1][0] == NOW_MS + 60_000
    assert ahead["tick"] == 0.1
    assert 0 < ahead["half_spread_fraction"] < 0.01


@pytest.mark.parametrize(
    "body",
    [
        {"symbols": ["NOPEUSDT"], **SPAN},
        {"symbols": [], **SPAN},
        {"symbols": ["BTCUSDT"], "start_ms": NOW_MS, "end_ms": NOW_MS},
        {"symbols": ["BTCUSDT"], "start_ms": 1.5, "end_ms": NOW_MS},
        {"symbols": ["BTCUSDT"], "start_ms": 0, "end_ms": NOW_MS},
    ],
)
def test_what_cannot_be_answered_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        path(exchange_at(), **body)


def test_where_time_passes_by_itself_nobody_knows_what_comes() -> None:
    exchange = Exchange(fresh(), Clock(NOW_MS))
    with pytest.raises(UsageError, match="stepped clock"):
        path(exchange, symbols=["BTCUSDT"], **SPAN)
