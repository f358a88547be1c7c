"""Whether the configured exchange is one that Freqtrade trades in that mode, and answers."""

import time
from typing import Any
from urllib.parse import urlsplit

from plimsoll.bridge.config.unseen import FUTURES, unseen
from plimsoll.lab.exchange_support import (
    SUPPORT,
    Standing,
    freqtrade_class,
    open_to_us,
    requests_a_second,
    stops_of,
    support_of,
)
from plimsoll.lab.finding import Finding, Level

MAX_CLOCK_OFFSET_SECONDS = 1.0
TIMEOUT_MS = 5_000
US = "us"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def check_exchange(config: dict[str, Any], region: str = "") -> list[Finding]:
    """Return what Freqtrade's lists, our own, the exchange itself and its clock say.

    ``region`` is where the account's owner resides, empty when it is not said.
    """
    settings = config.get("exchange", {})
    if not settings.get("name"):
        return [Finding(Level.WARNING, "exchange", "none configured", "layer a venue-*.json")]
    name = str(settings["name"]).lower()
    if fault := _unsupported(config, name):
        return [fault]
    return [*_known(config, name, region), *_reached(config, settings)]


def _known(config: dict[str, Any], name: str, region: str) -> list[Finding]:
    """Return how far the exchange was tried, whom it serves, and how a stop would rest there."""
    mode = str(config.get("trading_mode") or "spot")
    known, findings = support_of(name, mode), []
    if region:
        serves_us = known is not None and known.serves_us
        findings.append(_region(f"{name} {mode}", region, serves_us=serves_us))
    standing = Standing.UNTESTED if known is None else known.standing
    tried = f"{name} {mode} is {standing.value}"
    if missing := unseen(name, mode):
        tried += f"; guards do not see there: {', '.join(missing)}"
    if standing is Standing.VENUE:
        findings.append(Finding(Level.OK, "support", tried))
    else:
        tested = ", ".join(one.profile for one in SUPPORT if one.standing is Standing.VENUE)
        remedy = f"docs/exchanges.md; begin with dry-run; tested are {tested}"
        findings.append(Finding(Level.WARNING, "support", tried, remedy))
    return [*findings, _stops(config, name, mode), _pace(name)]


def _region(market: str, region: str, *, serves_us: bool) -> Finding:
    """Return whether a market takes residents of a region; nothing is known but of the US."""
    if region.lower() != US:
        text = f'expected --region us, found "{region}": nothing is known of other regions'
        return Finding(Level.WARNING, "region", text, "read the exchange's own terms")
    if serves_us:
        text = f"{market} takes residents of the US, as far as is known; its terms decide"
        return Finding(Level.OK, "region", text)
    text = f"{market} is not known to take residents of the US"
    remedy = f"its terms decide; {', '.join(open_to_us())} are profiles of some that do"
    return Finding(Level.FAULT, "region", text, remedy)


def _stops(config: dict[str, Any], name: str, mode: str) -> Finding:
    """Return whether the stop that the config wants can rest on the exchange."""
    offered = stops_of(name, mode)
    orders = config.get("order_types") or {}
    wanted = orders.get("stoploss", "market") if orders.get("stoploss_on_exchange") else None
    told = f"rests on {name} as {' or '.join(offered)}" if offered else f"does not rest on {name}"
    if wanted is None or wanted in offered:
        return Finding(Level.OK, "stops", f"a stop-loss {told}")
    remedy = f'set order_types.stoploss to "{offered[0]}"' if offered else "keep the bot running"
    text = f"a stop-loss {told}, the config wants {wanted}"
    return Finding(Level.FAULT, "stops", text, remedy)


def _pace(name: str) -> Finding:
    a_second = requests_a_second(name)
    pace = "no limit known" if a_second is None else f"at most {a_second:.3g} a second"
    return Finding(Level.OK, "rate limit", f"requests that ccxt sends {name}: {pace}")


def _unsupported(config: dict[str, Any], name: str) -> Finding | None:
    """Return the fault of an exchange and trading mode that Freqtrade lacks, by its own lists."""
    import freqtrade.exchange as exchanges
    from freqtrade.enums import MarginMode, TradingMode

    if not exchanges.is_exchange_known_ccxt(name):
        text = f"{name} is not known to ccxt, so Freqtrade cannot trade there"
        return Finding(Level.FAULT, "exchange", text, "freqtrade list-exchanges shows what is")
    usable, reason, _, _ = exchanges.validate_exchange(name)
    if not usable:
        text = f"{name} does not work with Freqtrade: {reason}"
        return Finding(Level.FAULT, "exchange", text, "freqtrade list-exchanges shows what does")
    pairs = freqtrade_class(name)._supported_trading_mode_margin_pairs  # noqa: SLF001 - Freqtrade's only list
    mode = TradingMode(config.get("trading_mode") or pairs[0][0])
    margin = MarginMode(config.get("margin_mode") or pairs[0][1])
    if mode is TradingMode.SPOT or (mode, margin) in pairs:
        return None
    offered = " or ".join(
        f"{one.value} {two.value}" if two.value else one.value for one, two in pairs
    )
    wanted = f"{mode.value} {margin.value}".strip()
    return Finding(
        Level.FAULT,
        "exchange",
        f"Freqtrade does not trade {wanted} on {name}, it offers {offered}",
        "set trading_mode and margin_mode to what it offers, or name another exchange",
    )


def _reached(config: dict[str, Any], settings: dict[str, Any]) -> list[Finding]:
    import ccxt

    own = {**settings.get("ccxt_config", {}), **settings.get("ccxt_sync_config", {})}
    exchange = getattr(ccxt, str(settings["name"]).lower())(
        {"timeout": TIMEOUT_MS, **own, "options": _options(config, own)}
    )
    where = _address(exchange, settings["name"])
    if not exchange.has.get("fetchTime"):
        text = f"{settings['name']} tells no time, so neither its answer nor the clock was checked"
        return [Finding(Level.OK, "exchange", text)]
    try:
        asked = time.time()
        server_ms = exchange.fetch_time()
        answered = time.time()
    except ccxt.BaseError as error:
        text = f"{where} does not answer ({type(error).__name__})"
        remedy = "check your network, and whether it serves your country"
        if urlsplit(where).hostname in LOOPBACK:
            remedy = "start the simulated exchange again, on the same port: plimsoll venue serve"
        return [Finding(Level.FAULT, "exchange", text, remedy)]
    reached = Finding(
        Level.OK, "exchange", f"{where} answers in {(answered - asked) * 1000:.0f} ms"
    )
    markets = _markets(config, settings, exchange)
    if _follows_venue_clock(config):
        return [
            reached,
            *markets,
            Finding(Level.OK, "clock", "the bot follows the venue's simulated clock"),
        ]
    offset = server_ms / 1000 - (asked + answered) / 2
    if abs(offset) > MAX_CLOCK_OFFSET_SECONDS:
        text = f"this machine is {-offset:+.1f} s off the exchange"
        remedy = "synchronise the clock (NTP); for a venue with its own clock use --write-config"
        return [reached, *markets, Finding(Level.FAULT, "clock", text, remedy)]
    return [reached, *markets, Finding(Level.OK, "clock", f"{-offset:+.2f} s off the exchange")]


def _markets(config: dict[str, Any], settings: dict[str, Any], exchange: Any) -> list[Finding]:
    """Return whether the pairs trade, what they cost at least, and how often funding is paid."""
    import ccxt

    wanted = [pair for pair in settings.get("pair_whitelist") or () if "*" not in pair]
    if not wanted:
        return []
    try:
        exchange.load_markets()
    except ccxt.BaseError as error:
        text = f"the markets could not be read ({type(error).__name__})"
        return [Finding(Level.FAULT, "pairs", text, "check the exchange and your region")]
    trading = {pair for pair in wanted if (exchange.markets.get(pair) or {}).get("active")}
    if absent := [pair for pair in wanted if pair not in trading]:
        text = f"{', '.join(absent)} does not trade on {settings['name']}"
        remedy = "take it out of exchange.pair_whitelist, or mind the quote and :settle currency"
        return [Finding(Level.FAULT, "pairs", text, remedy)]
    findings = [_minimum(config, exchange, wanted)]
    if config.get("trading_mode") == FUTURES:
        findings.append(_funding(exchange, wanted))
    return findings


def _minimum(config: dict[str, Any], exchange: Any, pairs: list[str]) -> Finding:
    """Return whether the stake is more than each pair's least order."""
    least = {
        pair: float(cost)
        for pair in pairs
        if (cost := exchange.markets[pair]["limits"]["cost"]["min"]) is not None
    }
    if not least:
        return Finding(Level.OK, "pairs", f"{len(pairs)} trade; no least order is told")
    dearest = max(least, key=lambda pair: least[pair])
    stake, told = config.get("stake_amount"), f"{least[dearest]:g} ({dearest})"
    if isinstance(stake, int | float) and stake < least[dearest]:
        text = f"stake_amount {stake:g} is below the least order of {told}"
        return Finding(Level.FAULT, "pairs", text, "raise stake_amount, or take the pair out")
    return Finding(Level.OK, "pairs", f"{len(pairs)} trade; the largest least order is {told}")


def _funding(exchange: Any, pairs: list[str]) -> Finding:
    """Return how often the pairs pay funding, as far as the exchange tells."""
    import ccxt

    minutes = {}
    for pair in pairs:
        told = (exchange.markets[pair].get("info") or {}).get("fundingInterval")
        if told is not None:
            minutes[pair] = f"{float(told) / 60:g} h"
    if not minutes and exchange.has.get("fetchFundingIntervals"):
        try:
            rows = exchange.fetch_funding_intervals()
        except ccxt.BaseError as error:
            text = f"how often it is paid could not be read ({type(error).__name__})"
            return Finding(Level.WARNING, "funding", text, "run plimsoll doctor again")
        minutes = {
            pair: str(rows[pair]["interval"]).replace("h", " h") for pair in pairs if pair in rows
        }
    if not minutes:
        text = "how often funding is paid is not told in advance"
        return Finding(Level.OK, "funding", text)
    by_time = sorted(set(minutes.values()))
    return Finding(Level.OK, "funding", f"paid every {' or '.join(by_time)}")


def _address(exchange: Any, name: str) -> str:
    addresses = exchange.urls.get("api")
    by_name = addresses if isinstance(addresses, dict) else {}
    named = by_name.get("fapiPublic") or by_name.get("public")
    return str(named or name)


def _options(config: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    futures = {"defaultType": "swap", "defaultSubType": "linear"}
    chosen = futures if config.get("trading_mode") == "futures" else {}
    return {**chosen, **own.get("options", {})}


def _follows_venue_clock(config: dict[str, Any]) -> bool:
    handlers = config.get("log_config", {}).get("handlers", {})
    return any("FollowVenueClock" in str(handler.get("class")) for handler in handlers.values())
