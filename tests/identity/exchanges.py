"""Freqtrade's own Binance without a network: markets of a drawn description, packaged tiers."""

import time
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from freqtrade.exchange import Binance

Drawn = dict[str, Any]


class Offline(Binance):
    """Binance that knows its markets from the start and may ask nobody."""

    def reload_markets(self, force: bool = False, *, load_leverage_tiers: bool = True) -> None:
        """Keep the markets there are."""


def _refuse(*_: Any, **__: Any) -> Any:
    raise AssertionError("a backtest asked the exchange over the network")


class Exchanges:
    """One exchange for each way of trading, with the markets of one setting at a time."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], Offline] = {}

    def ready(self, config: dict[str, Any], market: Mapping[str, Any]) -> Offline:
        """Return the exchange of a config, listing a market's pairs."""
        key = str(config["trading_mode"]), str(config.get("margin_mode"))
        if key not in self._made:
            made = Offline(deepcopy(config), validate=False, load_leverage_tiers=True)
            made._api.fetch = made._api_async.fetch = _refuse
            self._made[key] = made
        exchange = self._made[key]
        config["candle_type_def"] = exchange._config["candle_type_def"]
        exchange._config = config
        exchange.liquidation_buffer = config.get("liquidation_buffer", 0.05)
        api = exchange._api
        api.options |= {"crossMarginPairsData": [], "isolatedMarginPairsData": []}
        listed = [api.parse_market(_listed(pair, market["mode"])) for pair in market["pairs"]]
        api.markets = None
        api.set_markets(listed)
        for pair in market["pairs"]:
            api.markets[pair["pair"]]["contractSize"] = _contract_size(pair, market["mode"])
        exchange._markets = api.markets
        exchange._last_markets_refresh = int(time.time() * 1000)
        return exchange

    def close(self) -> None:
        """Close what was opened."""
        for one in self._made.values():
            one.close()


def _contract_size(pair: Mapping[str, Any], mode: str) -> float | None:
    return None if mode == "spot" else float(pair["contract_size"])


def _listed(pair: Mapping[str, Any], mode: str) -> Drawn:
    """Return a pair as the exchange's ``exchangeInfo`` has it."""
    base = pair["pair"].partition("/")[0]
    symbol = f"{base}USDT"
    common = {
        "symbol": symbol,
        "status": "TRADING",
        "baseAsset": base,
        "quoteAsset": "USDT",
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
    }
    filters = [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": pair["tick"],
            "maxPrice": "100000000",
            "tickSize": pair["tick"],
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": pair["step"],
            "maxQty": "100000000000",
            "stepSize": pair["step"],
        },
    ]
    if mode == "spot":
        return common | {
            "quoteAssetPrecision": 8,
            "orderTypes": ["LIMIT", "MARKET"],
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "permissions": ["SPOT"],
            "permissionSets": [["SPOT"]],
            "filters": [
                *filters,
                {"filterType": "NOTIONAL", "minNotional": pair["min_notional"]},
            ],
        }
    return common | {
        "pair": symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000,
        "onboardDate": 1569398400000,
        "marginAsset": "USDT",
        "pricePrecision": 8,
        "quantityPrecision": 8,
        "underlyingType": "COIN",
        "filters": [
            *filters,
            {"filterType": "MIN_NOTIONAL", "notional": pair["min_notional"]},
        ],
        "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }
