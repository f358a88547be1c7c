"""Freqtrade's Binance with made-up markets, which asks nobody."""

import time
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from freqtrade.exchange import Binance

PRICE_STEP, AMOUNT_STEP, LEAST_NOTIONAL_USD = "0.0001", "0.001", "5"


class MadeUpMarkets(Binance):
    """Binance futures with the markets that it was given."""

    def reload_markets(self, *_: Any, **__: Any) -> None:
        """Keep the markets there are."""


def use_config(exchange: MadeUpMarkets, config: dict[str, Any]) -> None:
    """Give the exchange the config of the next backtest."""
    config["candle_type_def"] = exchange._config["candle_type_def"]  # noqa: SLF001
    exchange._config = config  # noqa: SLF001 - Freqtrade has no door for it


def made_up_exchange(config: dict[str, Any], pairs: Sequence[str]) -> MadeUpMarkets:
    """Return an exchange that lists the pairs, for backtests under a config."""
    exchange = MadeUpMarkets(deepcopy(config), validate=False, load_leverage_tiers=True)
    api = exchange._api  # noqa: SLF001 - markets come by no other way
    api.options |= {"crossMarginPairsData": [], "isolatedMarginPairsData": []}
    api.set_markets([api.parse_market(_listed(pair)) for pair in pairs])
    exchange._markets = api.markets  # noqa: SLF001
    exchange._last_markets_refresh = int(time.time() * 1000)  # noqa: SLF001
    return exchange


def _listed(pair: str) -> dict[str, Any]:
    """Return a pair as Binance's ``exchangeInfo`` has it."""
    base = pair.partition("/")[0]
    return {
        "symbol": f"{base}USDT",
        "pair": f"{base}USDT",
        "status": "TRADING",
        "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000,
        "onboardDate": 1569398400000,
        "baseAsset": base,
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "pricePrecision": 8,
        "quantityPrecision": 8,
        "underlyingType": "COIN",
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": PRICE_STEP,
                "maxPrice": "100000000",
                "tickSize": PRICE_STEP,
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": AMOUNT_STEP,
                "maxQty": "100000000000",
                "stepSize": AMOUNT_STEP,
            },
            {"filterType": "MIN_NOTIONAL", "notional": LEAST_NOTIONAL_USD},
        ],
        "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }
