"""The freqtrade configuration that points an unmodified bot at this exchange."""

import os
import tempfile
from pathlib import Path
from typing import Any

import orjson

from plimsoll.core.errors import UsageError
from plimsoll.venue.keys import DEFAULT_PAIR, KeyPair
from plimsoll.venue.market.spot_filters import pair_of
from plimsoll.venue.market.symbols import SymbolSpec

# The url keys of ccxt 4.5.90 that Freqtrade's futures mode asks, and the path each stands for.
HTTP_PATHS: dict[str, str] = {
    "fapiPublic": "/fapi/v1",
    "fapiPublicV2": "/fapi/v2",
    "fapiPublicV3": "/fapi/v3",
    "fapiPrivate": "/fapi/v1",
    "fapiPrivateV2": "/fapi/v2",
    "fapiPrivateV3": "/fapi/v3",
    "fapiData": "/futures/data",
}


# The same of its spot mode; `sapi` is the wallet's.
SPOT_PATHS: dict[str, str] = {"public": "/api/v3", "private": "/api/v3", "sapi": "/sapi/v1"}
BINANCE, BYBIT, BINANCE_SPOT = "binance", "bybit", "binance-spot"
EXCHANGES = (BINANCE, BYBIT, BINANCE_SPOT)
NO_PING_MS = 86_400_000
"""ccxt sleeps real seconds between two pings and counts simulated ones since the last answer: on
a fast clock every connection would be given up as dead."""


def ccxt_urls(url: str) -> dict[str, Any]:
    """Return ccxt's ``urls``: what Freqtrade asks of USD-M futures is on the exchange at `url`."""
    api: dict[str, Any] = {key: url + path for key, path in HTTP_PATHS.items()}
    api["ws"] = {"linear": "ws" + url.removeprefix("http") + "/ws"}
    api["archive"] = url  # ours, not ccxt's: where `plimsoll data backfill` finds daily files
    return {"api": api}


def spot_urls(url: str) -> dict[str, Any]:
    """Return ccxt's ``urls``: what Freqtrade asks of Binance spot is on the exchange at `url`."""
    api: dict[str, Any] = {key: url + path for key, path in SPOT_PATHS.items()}
    api["ws"] = {"spot": "ws" + url.removeprefix("http") + "/spot/ws"}
    return {"api": api}


def bybit_urls(url: str) -> dict[str, Any]:
    """Return ccxt's ``urls`` of Bybit: what it asks for linear contracts is at `url`."""
    api: dict[str, Any] = dict.fromkeys(("public", "private", "spot", "futures", "v2"), url)
    linear = "ws" + url.removeprefix("http") + "/v5/public/linear"
    api["ws"] = {"public": {"linear": linear}}
    return {"api": api}


def ccxt_connection(url: str, exchange: str = BINANCE) -> dict[str, Any]:
    """Return what connects ccxt with the exchange at `url`, and with nothing else.

    Freqtrade logs it at every command, so it is short: all other addresses that ccxt knows are
    encrypted (``https``, ``wss``), and for those the exchange is named as proxy. It refuses to
    pass anything on.
    """
    urls = {BYBIT: bybit_urls, BINANCE_SPOT: spot_urls}.get(exchange, ccxt_urls)
    return {"httpsProxy": url, "wssProxy": url, "urls": urls(url)}


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
    url: str,
    specs: list[SymbolSpec],
    *,
    follow_clock: bool,
    market: str = "",
    pair: KeyPair = DEFAULT_PAIR,
    exchange: str = BINANCE,
) -> dict[str, Any]:
    """Return a configuration to be layered after a base profile.

    ``market`` is for reports; ``pair`` opens the account at the venue, where money is not real;
    ``exchange`` is the one whose protocol the bot speaks, with Binance's spot for one of its own.
    """
    spot = exchange == BINANCE_SPOT
    pricing = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
    return {
        "dry_run": True,
        "trading_mode": "spot" if spot else "futures",
        "margin_mode": "" if spot else "isolated",
        "stake_currency": "USDT",
        "entry_pricing": pricing,
        "exit_pricing": pricing,
        "exchange": {
            "name": BINANCE if spot else exchange,
            "key": pair.key,
            "secret": pair.secret,
            **({} if exchange == BYBIT else {"only_from_ccxt": True}),
            "enable_ws": True,
            "_ft_has_params": {"ws_enabled": True},
            "pair_whitelist": [pair_of(spec) if spot else spec.pair for spec in specs],
            "ccxt_config": {
                "enableRateLimit": False,
                "options": {
                    "fetchMarkets": {"types": ["spot" if spot else "linear"]},
                    "fetchCurrencies": False,
                },
                **ccxt_connection(url, exchange),
                **({"streaming": {"keepAlive": NO_PING_MS}} if follow_clock else {}),
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
