"""The freqtrade configuration that points an unmodified bot at this exchange."""

import os
import tempfile
from pathlib import Path
from typing import Any

import orjson

from plimsoll.core.errors import UsageError
from plimsoll.venue.market.symbols import SymbolSpec

# Every url key of ccxt 4.5.90 `binance` and `ccxt.pro.binance`, and the path each stands for.
HTTP_PATHS: dict[str, str] = {
    "sapi": "/sapi/v1",
    "sapiV2": "/sapi/v2",
    "sapiV3": "/sapi/v3",
    "sapiV4": "/sapi/v4",
    "dapiPublic": "/dapi/v1",
    "dapiPrivate": "/dapi/v1",
    "dapiPrivateV2": "/dapi/v2",
    "dapiData": "/dapi/data",
    "eapiPublic": "/eapi/v1",
    "eapiPrivate": "/eapi/v1",
    "fapiPublic": "/fapi/v1",
    "fapiPublicV2": "/fapi/v2",
    "fapiPublicV3": "/fapi/v3",
    "fapiPrivate": "/fapi/v1",
    "fapiPrivateV2": "/fapi/v2",
    "fapiPrivateV3": "/fapi/v3",
    "fapiData": "/futures/data",
    "public": "/api/v3",
    "private": "/api/v3",
    "v1": "/api/v1",
    "papi": "/papi/v1",
    "papiV2": "/papi/v2",
}
SOCKET_PATHS: dict[str, str] = {
    "spot": "/spot/ws",
    "margin": "/spot/ws",
    "linear": "/ws",
    "inverse": "/inverse/ws",
    "stock": "/equity/ws",
    "option": "/option/public/ws",
    "optionMarket": "/option/market/ws",
    "optionPrivate": "/option/private/ws",
    "papi": "/pm/ws",
}
SOCKET_API_PATHS: dict[str, str] = {
    "spot": "/ws-api/v3",
    "linear": "/ws-fapi/v1",
    "inverse": "/ws-dapi/v1",
}


def ccxt_urls(url: str) -> dict[str, Any]:
    """Return ccxt's ``urls``: live, test and demo keys all on the exchange at `url`."""
    socket_url = "ws" + url.removeprefix("http")
    sockets: dict[str, Any] = {key: socket_url + path for key, path in SOCKET_PATHS.items()}
    sockets["ws-api"] = {key: socket_url + path for key, path in SOCKET_API_PATHS.items()}
    api: dict[str, Any] = {key: url + path for key, path in HTTP_PATHS.items()}
    api["ws"] = sockets
    api["archive"] = url  # ours, not ccxt's: where `plimsoll data backfill` finds daily files
    return {"api": api, "test": api, "demo": api}


def log_config(clock_url: str | None) -> dict[str, Any]:
    """Return freqtrade's own logging set-up plus the handlers that register our plugins.

    `clock_url` names the exchange whose simulated clock the bot follows, None on real time.
    Shape: ``freqtrade/loggers/__init__.py``, ``FT_LOGGING_CONFIG``.
    """
    handlers: dict[str, Any] = {
        "console": {
            "class": "freqtrade.loggers.ft_rich_handler.FtRichHandler",
            "formatter": "basic",
        },
        "plimsoll": {"class": "plimsoll.bridge.freqtrade.plugin_search.RegisteringHandler"},
    }
    if clock_url is not None:
        handlers["plimsoll_clock"] = {
            "class": "plimsoll.bridge.freqtrade.venue_clock.FollowVenueClock",
            "url": clock_url,
        }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "basic": {"format": "%(message)s"},
            "standard": {"format": "%(asctime)s - %(name)s - %(levelname)s - %(message)s"},
        },
        "handlers": handlers,
        "root": {"handlers": ["console"], "level": "INFO"},
    }


def freqtrade_config(
    url: str, specs: list[SymbolSpec], *, follow_clock: bool, market: str = ""
) -> dict[str, Any]:
    """Return a configuration to be layered after a base profile; ``market`` is for reports."""
    pricing = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
    return {
        "dry_run": True,
        "trading_mode": "futures",
        "margin_mode": "isolated",
        "stake_currency": "USDT",
        "entry_pricing": pricing,
        "exit_pricing": pricing,
        "exchange": {
            "name": "binance",
            "key": "",
            "secret": "",
            "only_from_ccxt": True,
            "enable_ws": True,
            "_ft_has_params": {"ws_enabled": True},
            "pair_whitelist": [spec.pair for spec in specs],
            "ccxt_config": {
                "enableRateLimit": False,
                "options": {
                    "fetchMarkets": {"types": ["linear"]},
                    "fetchCurrencies": False,
                },
                "urls": ccxt_urls(url),
            },
        },
        "plimsoll": {"market": market},
        "log_config": log_config(url if follow_clock else None),
    }


def write_config(path: Path, config: dict[str, Any]) -> None:
    """Write the configuration in one move, so that no reader sees half of it.

    Raises `UsageError` when the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps(config, option=orjson.OPT_INDENT_2) + b"\n")
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        raise UsageError(f"cannot write the config {path} ({error.strerror})") from error
