"""Build an exchange from command-line options and serve it."""

import asyncio
import ipaddress
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plimsoll.core.errors import UsageError
from plimsoll.venue.account.eventlog import read_events
from plimsoll.venue.account.ledger import DEFAULT_INSURANCE_USD, MAKER_FEE, TAKER_FEE
from plimsoll.venue.api.server import Server, serve
from plimsoll.venue.bybit import dialect as bybit
from plimsoll.venue.clock import WALL, Clock, format_utc, parse_utc_ms, real_now_ms
from plimsoll.venue.exchange import DEFAULT_BALANCE_USD, Exchange
from plimsoll.venue.keys import KeyFile, KeyRing
from plimsoll.venue.market.base import Market
from plimsoll.venue.market.symbols import BY_NAME, LISTED, choose_symbols
from plimsoll.venue.profile import (
    BINANCE,
    BINANCE_SPOT,
    BYBIT,
    EXCHANGES,
    freqtrade_config,
    write_config,
)
from plimsoll.venue.spot.dialect import SpotDialect

MARKETS = ("synthetic", "replay")
CLOCKS = ("wall", "stepped")
LOOPBACK = "127.0.0.1"
MAX_SPREAD_SCALE = 1000.0


@dataclass(frozen=True)
class Options:
    """What to serve and how, as the command line names it."""

    market: str = "synthetic"
    datadir: Path | None = None
    seed: int = 7
    symbols: str | None = None
    start: str | None = None
    clock: str = "wall"
    speed: float = 1.0
    host: str = LOOPBACK
    port: int = 0
    spread_scale: float = 1.0
    balance_usd: float = DEFAULT_BALANCE_USD
    write_config: Path | None = None
    scenario: str | None = None
    keys: Path | None = None
    event_log: Path | None = None
    restore: Path | None = None
    insurance_usd: float = DEFAULT_INSURANCE_USD
    countdown_cancels_conditional: bool = False
    rate_limits: bool = False
    exchange: str = BINANCE


def build_exchange(options: Options) -> Exchange:
    """Return the exchange that the options describe.

    Raises `UsageError` for an unknown market, clock, symbol or scenario, for a number out of
    its range, for a start outside the market's span, and for broken data.
    """
    if options.market not in MARKETS:
        raise UsageError(f'unknown market "{options.market}"; there are {", ".join(MARKETS)}')
    if options.clock not in CLOCKS:
        raise UsageError(f'unknown clock "{options.clock}"; there are {", ".join(CLOCKS)}')
    if options.exchange not in EXCHANGES:
        raise UsageError(f'unknown exchange "{options.exchange}"; there are {", ".join(EXCHANGES)}')
    if options.exchange == BINANCE_SPOT and (options.event_log or options.restore):
        raise UsageError(
            f"--event-log and --restore keep the futures account alone; leave them out with "
            f"--exchange {BINANCE_SPOT}"
        )
    if not options.host.strip():
        raise UsageError(f'expected a --host such as {LOOPBACK}, found "{options.host}"')
    if not 0 <= options.spread_scale <= MAX_SPREAD_SCALE:
        raise UsageError(
            f"expected a --spread-scale from 0 to {MAX_SPREAD_SCALE:g}, "
            f"found {options.spread_scale:g}"
        )
    if not 0 < options.balance_usd < 1e12:
        raise UsageError(
            f"expected a --balance-usd above 0 and below 1e12, found {options.balance_usd:g}"
        )
    if not 0 <= options.insurance_usd < 1e15:
        raise UsageError(
            f"expected an --insurance-usd from 0 to 1e15, found {options.insurance_usd:g}"
        )
    market, now_ms = _market(options, _start_ms(options))
    clock = Clock(now_ms, speed=options.speed, stepped=options.clock == "stepped")
    exchange = _exchange(options, market, clock)
    exchange.countdown_cancels_conditional = options.countdown_cancels_conditional
    if options.scenario is not None:
        exchange.start_scenario(options.scenario)
    return exchange


def _start_ms(options: Options) -> int | None:
    """Return where the clock starts: as asked for, else at the last event of a log."""
    if options.start is not None:
        return parse_utc_ms(options.start)
    if options.restore is None:
        return None
    return max((event.time_ms for event in read_events(options.restore)), default=None)


FEES = {BYBIT: bybit.FEES}
"""Fees of the futures account where they are not Binance's; spot has its own."""


def _exchange(options: Options, market: Market, clock: Clock) -> Exchange:
    fees = FEES.get(options.exchange, (MAKER_FEE, TAKER_FEE))
    if options.restore is not None:
        return Exchange.restore(
            market,
            clock,
            options.restore,
            spread_scale=options.spread_scale,
            event_log=options.event_log,
            fees=fees,
        )
    return Exchange(
        market,
        clock,
        spread_scale=options.spread_scale,
        balance_usd=options.balance_usd,
        insurance_usd=options.insurance_usd,
        event_log=options.event_log,
        fees=fees,
    )


def _market_name(options: Options) -> str:
    if options.market == "replay":
        return "replay of a data folder"
    return f"synthetic, seed {options.seed}"


def _market(options: Options, start_ms: int | None) -> tuple[Market, int]:
    if options.market == "replay":
        from plimsoll.venue.market.replay import ReplayMarket

        if options.datadir is None:
            raise UsageError("a replay needs --datadir, a freqtrade data folder")
        replay = ReplayMarket.open(options.datadir, options.symbols)
        now_ms = replay.last_ms if start_ms is None else start_ms
        replay.check_now(now_ms)
        return replay, now_ms
    from plimsoll.venue.market.synthetic import SyntheticMarket

    if options.seed < 0:
        raise UsageError(f"expected a seed of 0 or more, found {options.seed}")
    offered = LISTED if options.symbols is None else BY_NAME
    synthetic = SyntheticMarket(choose_symbols(options.symbols, offered), options.seed)
    now_ms = real_now_ms() if start_ms is None else start_ms
    synthetic.check_now(now_ms)
    return synthetic, now_ms


def follows_real_time(options: Options, exchange: Exchange) -> bool:
    """Return whether the simulated clock is this machine's own time."""
    return options.market == "synthetic" and options.start is None and exchange.clock.mode == WALL


def listens_beyond(host: str) -> bool:
    """Return whether others than this machine may reach the host."""
    address = _address(host)
    return host != "localhost" if address is None else not address.is_loopback


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _local_url(host: str, port: int) -> str:
    """Return the address for a bot on this machine, whose clock follows loopback only."""
    address = _address(host)
    everywhere = address is not None and address.is_unspecified
    return _url(LOOPBACK if everywhere else host, port)


def run(options: Options, announce: Callable[[dict[str, Any]], None]) -> None:
    """Serve until SIGINT or SIGTERM; `announce` gets one record when the port listens."""
    exchange = build_exchange(options)
    keys = KeyRing() if options.keys is None else KeyFile(options.keys)

    def listening(port: int) -> None:
        specs = list(exchange.market.specs.values())
        if options.write_config is not None:
            follow = not follows_real_time(options, exchange)
            url, market = _local_url(options.host, port), _market_name(options)
            config = freqtrade_config(
                url,
                specs,
                follow_clock=follow,
                market=market,
                pair=keys.first,
                exchange=options.exchange,
            )
            write_config(options.write_config, config)
        firsts = [exchange.market.first_candle_ms(spec.symbol) for spec in specs]
        config_path = options.write_config
        announce(
            {
                "event": "listening",
                "url": _url(options.host, port),
                "port": port,
                "pid": os.getpid(),
                "market": options.market,
                "exchange": options.exchange,
                "symbols": [spec.symbol for spec in specs],
                "now": format_utc(exchange.clock.now_ms()),
                "first_candle": format_utc(min(firsts)),
                "config": None if config_path is None else str(config_path.resolve()),
                "key": keys.first.key,
                "secret": keys.first.secret,
            }
        )

    limits = options.rate_limits
    dialects = (
        bybit.BybitDialect(exchange, keys, rate_limits=limits),
        SpotDialect(exchange, keys, rate_limits=limits),
    )
    server = Server(exchange, keys, rate_limits=limits, dialects=dialects)
    asyncio.run(serve(server, options.host, options.port, on_listening=listening))
