"""Where an archive is filled from: the exchange's addresses in the config, and what it offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plimsoll.archive.backfill import BINANCE_API, BINANCE_ARCHIVE
from plimsoll.archive.layout import Kind
from plimsoll.core import UsageError

_FREQTRADE_KINDS = (Kind.CANDLES, Kind.MARK, Kind.FUNDING, Kind.PREMIUM)
OFFERED: dict[str, tuple[Kind, ...]] = {
    "binance": (*_FREQTRADE_KINDS, Kind.OPEN_INTEREST, Kind.RATIOS),
    "bybit": (*_FREQTRADE_KINDS, Kind.OPEN_INTEREST),
    "okx": (Kind.CANDLES, Kind.MARK, Kind.FUNDING),
}
WHY_NOT = {
    ("bybit", Kind.RATIOS): "its long/short ratios are not in files that this reads",
    ("okx", Kind.PREMIUM): "it has no candles of the premium index",
    ("okx", Kind.OPEN_INTEREST): "its open interest comes by coin, not by contract",
    ("okx", Kind.RATIOS): "its long/short ratios come by coin, not by contract",
}


@dataclass(frozen=True, slots=True)
class Addresses:
    """The base addresses of the REST interface and of the daily files."""

    api_url: str
    archive_url: str


def addresses_of(config: Mapping[str, Any]) -> Addresses:
    """Return the addresses that a Freqtrade config names, Binance's own where it names none.

    They are ``fapiPublic`` and ``archive`` of ``exchange.ccxt_config.urls.api``; the simulated
    exchange writes both.

    Raises
    ------
    UsageError
        When the REST interface is elsewhere and the daily files are not: half of the data would
        come from another exchange.
    """
    exchange = config.get("exchange", {})
    named = exchange.get("ccxt_config", {}).get("urls", {}).get("api", {})
    if not isinstance(named, dict) or "fapiPublic" not in named:
        archive = named.get("archive") if isinstance(named, dict) else None
        return Addresses(BINANCE_API, archive or BINANCE_ARCHIVE)
    api_url = str(named["fapiPublic"]).removesuffix("/").removesuffix("/fapi/v1")
    archive = named.get("archive")
    if archive is None and api_url != BINANCE_API:
        raise UsageError(
            f"the config points the exchange at {api_url} and names no daily files; set "
            "exchange.ccxt_config.urls.api.archive, or write the venue's config again"
        )
    return Addresses(api_url, str(archive or BINANCE_ARCHIVE).removesuffix("/"))


def offered_kinds(exchange: str, kinds: tuple[Kind, ...]) -> tuple[tuple[Kind, ...], list[str]]:
    """Return the kinds that an exchange offers, and one line for each that it does not.

    Raises
    ------
    UsageError
        For an exchange without a known archive, and when nothing is left.
    """
    if exchange not in OFFERED:
        raise UsageError(
            f"expected an exchange of {', '.join(OFFERED)}, found {exchange}; its candles come "
            'with "freqtrade download-data"'
        )
    refused = [kind for kind in kinds if kind not in OFFERED[exchange]]
    lines = [
        f"{exchange} offers no {kind.value} here: {WHY_NOT.get((exchange, kind), 'unknown')}"
        for kind in refused
    ]
    left = tuple(kind for kind in kinds if kind not in refused)
    if not left:
        raise UsageError("; ".join(lines))
    return left, lines
