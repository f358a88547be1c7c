from dataclasses import replace
from pathlib import Path

import pytest

from plimsoll.core.errors import UsageError
from plimsoll.venue.clock import format_utc, parse_utc_ms
from plimsoll.venue.launch import (
    Options,
    _local_url,
    build_exchange,
    follows_real_time,
    listens_beyond,
)
from tests.unit.venue.folders import write_folder

STEPPED = Options(symbols="BTCUSDT", start="2025-03-05T00:00:00Z", clock="stepped")


def test_options_become_an_exchange() -> None:
    exchange = build_exchange(replace(STEPPED, scenario="outage", balance_usd=42.0))
    assert list(exchange.market.specs) == ["BTCUSDT"]
    assert exchange.clock.now_ms() == parse_utc_ms("2025-03-05T00:00:00Z")
    assert exchange.clock.mode == "stepped"
    assert exchange.account.free_usd == 42.0
    assert [event.scenario.name for event in exchange.market.overlay.events] == ["outage"]


def test_a_replay_begins_at_the_end_of_its_data(tmp_path: Path) -> None:
    options = Options(market="replay", datadir=write_folder(tmp_path, days=1), clock="stepped")
    exchange = build_exchange(options)
    assert format_utc(exchange.clock.now_ms()) == "2024-03-02T00:00:00.000Z"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"market": "spot"}, 'unknown market "spot"'),
        ({"clock": "sundial"}, 'unknown clock "sundial"'),
        ({"host": " "}, "expected a --host"),
        ({"spread_scale": -0.1}, "--spread-scale from 0 to 1000"),
        ({"spread_scale": float("nan")}, "--spread-scale"),
        ({"balance_usd": 0.0}, "--balance-usd above 0"),
        ({"balance_usd": 1e12}, "--balance-usd above 0"),
        ({"seed": -1}, "seed of 0 or more"),
        ({"market": "replay"}, "a replay needs --datadir"),
        ({"scenario": "monsoon"}, 'unknown scenario "monsoon"'),
        ({"symbols": "NONEUSDT"}, "unknown symbol NONEUSDT"),
        ({"exchange": "bybit-spot"}, "there are binance, bybit, binance-spot"),
        ({"exchange": "binance-spot", "event_log": Path("e.jsonl")}, "futures account alone"),
        ({"exchange": "binance-spot", "restore": Path("e.jsonl")}, "futures account alone"),
        ({"start": "yesterday"}, "expected an instant"),
        ({"start": "2010-01-01"}, "the synthetic market lives from"),
    ],
)
def test_options_that_do_not_fit_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        build_exchange(replace(STEPPED, **changed))  # type: ignore[arg-type]


def test_only_a_synthetic_market_from_now_on_follows_real_time() -> None:
    now = Options(symbols="BTCUSDT")
    assert follows_real_time(now, build_exchange(now))
    fast = replace(now, speed=2.0)
    assert not follows_real_time(fast, build_exchange(fast))
    assert not follows_real_time(STEPPED, build_exchange(STEPPED))


@pytest.mark.parametrize(
    ("host", "beyond", "url"),
    [
        ("127.0.0.1", False, "http://127.0.0.1:80"),
        ("localhost", False, "http://localhost:80"),
        ("::1", False, "http://[::1]:80"),
        ("0.0.0.0", True, "http://127.0.0.1:80"),
        ("::", True, "http://127.0.0.1:80"),
        ("10.0.0.7", True, "http://10.0.0.7:80"),
    ],
)
def test_a_bot_on_this_machine_reaches_every_host(host: str, beyond: bool, url: str) -> None:
    assert listens_beyond(host) is beyond
    assert _local_url(host, 80) == url


def test_an_event_log_restores_the_account_where_it_ended(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    exchange = build_exchange(replace(STEPPED, event_log=log))
    exchange.clock.step(60)
    exchange.transfer(250.0)
    again = replace(STEPPED, start=None, restore=log, event_log=log)
    restored = build_exchange(again)
    assert restored.clock.now_ms() == exchange.clock.now_ms()
    assert restored.account.wallet_usd == exchange.account.wallet_usd == 10_250.0
    restored.transfer(1.0)
    assert build_exchange(again).account.wallet_usd == 10_251.0
    with pytest.raises(UsageError, match="holds an account already"):
        build_exchange(replace(STEPPED, event_log=log))


def test_a_fund_below_zero_is_refused() -> None:
    with pytest.raises(UsageError, match="--insurance-usd"):
        build_exchange(replace(STEPPED, insurance_usd=-1.0))
