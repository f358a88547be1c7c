"""Measure what a fill costs in the order books of the exchange that a config names."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.layers import read_layers
from plimsoll.core import PlimsollError, UsageError
from plimsoll.risk.order_book import TakingCosts, taking_costs, typical


def measure_costs(
    userdir: Path,
    config_files: Sequence[Path],
    *,
    order_usd: float,
    looks: int,
    pause_seconds: float,
    progress: Callable[[], object] = lambda: None,
) -> dict[str, TakingCosts]:
    """Look several times at the order book of every pair of the whitelist.

    Raises
    ------
    UsageError
        When the config cannot be read or names no pairs.
    PlimsollError
        When the exchange or a book cannot be read.
    """
    from freqtrade.exceptions import FreqtradeException
    from freqtrade.resolvers import ExchangeResolver

    config = _config(userdir, config_files)
    pairs = config["exchange"].get("pair_whitelist", [])
    if not pairs:
        raise UsageError("expected exchange.pair_whitelist in the config, found no pairs")
    costs: dict[str, list[TakingCosts]] = {pair: [] for pair in pairs}
    try:
        exchange = ExchangeResolver.load_exchange(config, validate=False)
        try:
            exchange.reload_markets(force=True)
            for look in range(looks):
                time.sleep(pause_seconds if look else 0)
                for pair in pairs:
                    costs[pair].append(_look(exchange, pair, order_usd))
                progress()
        finally:
            exchange.close()
    except FreqtradeException as error:
        raise PlimsollError(f"the order books could not be read: {error}") from error
    return {pair: typical(of_pair) for pair, of_pair in costs.items()}


def _look(exchange: Any, pair: str, order_usd: float) -> TakingCosts:
    if pair not in exchange.markets:
        raise PlimsollError(f"{pair} is not traded at {exchange.name}")
    book = exchange.fetch_l2_order_book(pair, 100)
    size = exchange.get_contract_size(pair) or 1.0
    try:
        return taking_costs(book["bids"], book["asks"], order_usd=order_usd, contract_size=size)
    except PlimsollError as error:
        raise PlimsollError(f"{pair}: {error}") from None


def _config(userdir: Path, files: Sequence[Path]) -> dict[str, Any]:
    from freqtrade.enums import CandleType, RunMode, TradingMode

    config = read_layers(files)
    if "name" not in config.get("exchange", {}):
        raise UsageError("expected exchange.name in the config, name its layers with -c")
    mode = TradingMode(config.get("trading_mode", "spot"))
    return {
        **config,
        "dry_run": True,
        "user_data_dir": userdir.resolve(),
        "runmode": RunMode.UTIL_EXCHANGE,
        "trading_mode": mode,
        "candle_type_def": CandleType.get_default(mode),
    }
