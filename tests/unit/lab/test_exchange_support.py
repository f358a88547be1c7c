"""The table of exchanges against Freqtrade, the shipped profiles, ccxt and the page."""

from typing import Any

import ccxt
import pytest
from freqtrade.configuration.load_config import load_from_files
from freqtrade.enums import MarginMode, TradingMode

from plimsoll.lab.exchange_support import (
    SPOT,
    SUPPORT,
    Standing,
    Support,
    features,
    freqtrade_class,
    open_to_us,
    requests_a_second,
    stops_of,
    support_of,
    table,
)
from tests.conftest import ROOT

CONFIG = ROOT / "user_data" / "config"
SAMPLES: dict[str, dict[str, Any]] = {
    "okx": {
        "instId": "BTC-USDT-SWAP",
        "instType": "SWAP",
        "avgPx": "34131.1",
        "lever": "2",
        "liqPx": "12608.95",
        "markPx": "34786.45",
        "margin": "17.0",
        "mgnMode": "isolated",
        "notionalUsd": "341.5",
        "pos": "1",
        "posSide": "long",
        "upl": "0.01",
        "uTime": "1627227626502",
    },
    "hyperliquid": {
        "type": "oneWay",
        "position": {
            "coin": "BTC",
            "entryPx": "2213.9",
            "leverage": {"rawUsd": "-475.2", "type": "isolated", "value": "20"},
            "liquidationPx": "2125.0",
            "marginUsed": "24.88",
            "positionValue": "500.12",
            "szi": "0.2259",
            "unrealizedPnl": "0.5",
        },
    },
    "krakenfutures": {
        "side": "long",
        "symbol": "PF_XBTUSD",
        "price": "0.4921",
        "fillTime": "2023-02-22T11:37:16.685Z",
        "size": "1",
        "unrealizedPnl": "12.34",
        "maxFixedLeverage": "1.0",
    },
    "bybit": {
        "positionIdx": 0,
        "symbol": "BTCUSDT",
        "side": "Buy",
        "size": "0.1",
        "avgPrice": "30000",
        "positionValue": "3000",
        "leverage": "3",
        "positionBalance": "1000",
        "markPrice": "30100",
        "liqPrice": "20100",
        "positionIM": "1000",
        "positionMM": "15",
        "unrealisedPnl": "10",
        "updatedTime": "1627227626502",
    },
}
"""One open position each, as the exchange's own documentation shows it."""
TOLD = {
    "liquidationPrice": "liquidation price",
    "markPrice": "mark price of a position",
    "marginMode": "margin mode of a position",
}


@pytest.mark.parametrize("exchange", SAMPLES)
def test_what_guards_do_not_see_is_what_ccxt_reads_of_no_position(exchange: str) -> None:
    api = getattr(ccxt, exchange)()
    quote = {"krakenfutures": "USD", "hyperliquid": "USDC"}.get(exchange, "USDT")
    market = api.safe_market_structure(
        {
            "id": SAMPLES[exchange].get("instId") or SAMPLES[exchange].get("symbol") or "0",
            "symbol": f"BTC/{quote}:{quote}",
            "base": "BTC",
            "quote": quote,
            "settle": quote,
            "type": "swap",
            "swap": True,
            "contract": True,
            "linear": True,
            "inverse": False,
            "contractSize": 1,
        }
    )
    api.set_markets([market])
    position = api.parse_position(SAMPLES[exchange], market)
    known = support_of(exchange, "futures")
    assert known is not None
    assert (position["side"], position["contracts"] > 0) == ("long", True)
    assert position["entryPrice"] > 0
    unseen = [name for key, name in TOLD.items() if position[key] is None]
    assert sorted(known.unseen) == sorted(unseen)


def test_what_was_tried_by_fixtures_has_one() -> None:
    tried = {one.exchange for one in SUPPORT if one.standing is Standing.FIXTURES}
    assert tried <= SAMPLES.keys()


@pytest.mark.parametrize("one", SUPPORT, ids=lambda one: f"{one.exchange}-{one.mode}")
def test_a_profile_is_what_its_row_says_and_freqtrade_trades_it(one: Support) -> None:
    config = load_from_files([str(CONFIG / name) for name in ("base.json", one.profile)])
    mode, margin = TradingMode(config["trading_mode"]), MarginMode(config["margin_mode"])
    assert (config["exchange"]["name"], mode.value) == (one.exchange, one.mode)
    assert (mode, margin) in freqtrade_class(one.exchange)._supported_trading_mode_margin_pairs
    settled = "" if one.mode == SPOT else f":{config['stake_currency']}"
    for pair in config["exchange"]["pair_whitelist"]:
        assert pair.endswith(f"/{config['stake_currency']}{settled}")
    assert not config["exchange"]["key"]


def test_every_profile_of_an_exchange_has_a_row() -> None:
    shipped = {file.name for file in CONFIG.glob("venue-*.json")}
    assert shipped == {one.profile for one in SUPPORT} | {"venue-bybit-demo.json"}


def test_demo_trading_is_of_an_exchange_that_has_it() -> None:
    config = load_from_files([str(CONFIG / "venue-bybit-demo.json")])
    assert config["exchange"]["demo_trading"] is True
    assert features(config["exchange"]["name"], "futures")["supports_demo_trading"]


def test_the_page_shows_the_table() -> None:
    page = (ROOT / "docs" / "exchanges.md").read_text(encoding="utf-8")
    assert "\n".join(table()) in page


def test_freqtrade_is_asked_for_the_class_whatever_its_letters() -> None:
    assert freqtrade_class("bybiteu").__name__ == "BybitEU"
    assert freqtrade_class("gateio").__name__ == "Gate"
    assert freqtrade_class("coinbase").__name__ == "Exchange"
    assert stops_of("coinbase", "spot") == ()
    assert stops_of("hyperliquid", "futures") == ("limit",)


def test_limits_and_regions() -> None:
    assert requests_a_second("bybit") == 50.0
    assert requests_a_second("nobody") is None
    assert open_to_us() == ["venue-binanceus.json", "venue-kraken.json"]
    assert support_of("kraken", "futures") is None
