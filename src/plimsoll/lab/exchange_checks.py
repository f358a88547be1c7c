"""Whether the configured exchange is one that Freqtrade trades in that mode, and answers."""

import time
from typing import Any

from plimsoll.lab.finding import Finding, Level

MAX_CLOCK_OFFSET_SECONDS = 1.0
TIMEOUT_MS = 5_000


def check_exchange(config: dict[str, Any]) -> list[Finding]:
    """Return what Freqtrade's lists, the exchange itself and its clock say."""
    settings = config.get("exchange", {})
    if not settings.get("name"):
        return [Finding(Level.WARNING, "exchange", "none configured", "layer a venue-*.json")]
    if fault := _unsupported(config, str(settings["name"]).lower()):
        return [fault]
    return _reached(config, settings)


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
    mapped = exchanges.MAP_EXCHANGE_CHILDCLASS.get(name, name)
    trader = getattr(exchanges, mapped.title(), exchanges.Exchange)
    pairs = trader._supported_trading_mode_margin_pairs  # noqa: SLF001 - Freqtrade's only list
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
        remedy = "start it (plimsoll venue serve --port 8601), or check your network"
        return [Finding(Level.FAULT, "exchange", text, remedy)]
    reached = Finding(
        Level.OK, "exchange", f"{where} answers in {(answered - asked) * 1000:.0f} ms"
    )
    if _follows_venue_clock(config):
        return [reached, Finding(Level.OK, "clock", "the bot follows the venue's simulated clock")]
    offset = server_ms / 1000 - (asked + answered) / 2
    if abs(offset) > MAX_CLOCK_OFFSET_SECONDS:
        text = f"this machine is {-offset:+.1f} s off the exchange"
        remedy = "synchronise the clock (NTP); for a venue with its own clock use --write-config"
        return [reached, Finding(Level.FAULT, "clock", text, remedy)]
    return [reached, Finding(Level.OK, "clock", f"{-offset:+.2f} s off the exchange")]


def _address(exchange: Any, name: str) -> str:
    addresses = exchange.urls.get("api")
    named = addresses.get("fapiPublic") if isinstance(addresses, dict) else None
    return str(named or name)


def _options(config: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    futures = {"defaultType": "swap", "defaultSubType": "linear"}
    chosen = futures if config.get("trading_mode") == "futures" else {}
    return {**chosen, **own.get("options", {})}


def _follows_venue_clock(config: dict[str, Any]) -> bool:
    handlers = config.get("log_config", {}).get("handlers", {})
    return any("FollowVenueClock" in str(handler.get("class")) for handler in handlers.values())
