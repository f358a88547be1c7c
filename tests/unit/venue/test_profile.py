import json
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core.errors import UsageError
from plimsoll.venue.market.symbols import LISTED
from plimsoll.venue.profile import ccxt_connection, freqtrade_config, write_config

URL = "http://127.0.0.1:8123"


def _leaves(tree: dict[str, Any], prefix: str = "") -> dict[str, str]:
    leaves: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            leaves |= _leaves(value, f"{prefix}{key}.")
        elif isinstance(value, str):
            leaves[f"{prefix}{key}"] = value
    return leaves


@pytest.mark.parametrize("exchange", ["binance", "binance-spot"])
@pytest.mark.parametrize("flavour", ["sync", "pro"])
def test_no_url_that_ccxt_knows_is_reached_without_this_machine(
    flavour: str, exchange: str
) -> None:
    import ccxt
    import ccxt.pro

    build = ccxt.binance if flavour == "sync" else ccxt.pro.binance
    api = build(ccxt_connection(URL, exchange))
    assert api.check_proxy_settings()[1] == URL
    assert api.check_ws_proxy_settings()[1] == URL
    here, proxied = (URL, URL.replace("http", "ws")), ("https://", "wss://")
    for name in ("api", "test", "demo"):
        for key, address in _leaves(api.urls[name]).items():
            assert address.startswith(here + proxied), f"{name}.{key}: {address}"


def test_spot_is_binances_own_profile_without_a_settlement() -> None:
    specs = list(LISTED.values())[:2]
    config = freqtrade_config(URL, specs, follow_clock=False, exchange="binance-spot")
    section = config["exchange"]
    assert (config["trading_mode"], config["margin_mode"]) == ("spot", "")
    assert (section["name"], section["only_from_ccxt"]) == ("binance", True)
    assert section["pair_whitelist"] == ["BTC/USDT", "ETH/USDT"]
    assert section["ccxt_config"]["options"]["fetchMarkets"] == {"types": ["spot"]}
    urls = section["ccxt_config"]["urls"]["api"]
    assert urls["private"] == f"{URL}/api/v3"
    assert urls["ws"] == {"spot": "ws://127.0.0.1:8123/spot/ws"}


def test_freqtrade_logs_few_addresses() -> None:
    config = freqtrade_config(URL, list(LISTED.values())[:2], follow_clock=True)
    logged = str(config["exchange"]["ccxt_config"])
    assert logged.count("127.0.0.1") == 11
    assert len(logged) < 800


def test_the_log_config_names_the_clock_only_when_time_is_simulated() -> None:
    specs = list(LISTED.values())[:2]
    real = freqtrade_config(URL, specs, follow_clock=False)["log_config"]["handlers"]
    simulated = freqtrade_config(URL, specs, follow_clock=True)["log_config"]["handlers"]
    assert set(real) == {"console", "plimsoll"}
    assert simulated["plimsoll_clock"] == {
        "class": "plimsoll.bridge.freqtrade.venue_clock.FollowVenueClock",
        "url": URL,
    }


def test_the_config_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "venue.json"
    config = freqtrade_config(URL, list(LISTED.values())[:2], follow_clock=True)
    write_config(path, config)
    assert json.loads(path.read_text()) == config
    assert [entry.name for entry in path.parent.iterdir()] == ["venue.json"]
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot write the config"):
        write_config(tmp_path / "file" / "venue.json", config)
