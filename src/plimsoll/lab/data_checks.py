"""Which candles lie in the data folder of a config, and whether funding lies beside them."""

from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

from plimsoll.lab.finding import Finding, Level

REMEDY = "run freqtrade download-data with the same config"


def check_data(config: dict[str, Any]) -> list[Finding]:
    """Return the spans of candles of the config's market, and the pairs without funding rates."""
    from freqtrade.data.history import get_datahandler
    from freqtrade.enums import CandleType, TradingMode

    name = config.get("exchange", {}).get("name", "binance")
    folder = Path(config.get("datadir") or Path(config["user_data_dir"]) / "data" / name)
    if not folder.is_dir():
        return [Finding(Level.WARNING, "data", f"no folder {folder}", REMEDY)]
    handler = get_datahandler(folder, config.get("dataformat_ohlcv", "feather"))
    mode = TradingMode(config.get("trading_mode") or TradingMode.SPOT)
    wanted = CandleType.get_default(mode)
    candles = [
        series for series in handler.ohlcv_get_available_data(folder, mode) if series[2] == wanted
    ]
    if not candles:
        return [Finding(Level.WARNING, "data", f"no {mode.value} candles in {folder}", REMEDY)]

    @cache
    def lacks_funding(pair: str) -> bool:
        if mode is not TradingMode.FUTURES:
            return False
        rates = handler.ohlcv_load(
            pair, "1h", CandleType.FUNDING_RATE, fill_missing=False, drop_incomplete=False
        )
        return bool(rates.empty)

    findings, sound = [], defaultdict(list)
    for pair, timeframe, kind in sorted(candles):
        first, last, count = handler.ohlcv_data_min_max(pair, timeframe, kind)
        if count == 0:
            text = f"{pair} {timeframe}: the file in {folder} is empty or cannot be read"
            findings.append(Finding(Level.FAULT, "data", text, f"remove it, then {REMEDY}"))
            continue
        span = f"{timeframe}: {count} candles, {first:%Y-%m-%d} to {last:%Y-%m-%d}"
        if lacks_funding(pair):
            text = f"{pair} {span}; no funding rates, so a backtest would hold positions for free"
            findings.append(Finding(Level.WARNING, "data", text, REMEDY))
        else:
            sound[span].append(pair)
    for span, pairs in sound.items():
        findings.append(Finding(Level.OK, "data", f"{', '.join(pairs)} {span}"))
    return findings
