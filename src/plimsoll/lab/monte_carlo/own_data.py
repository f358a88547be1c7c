"""What a strategy reads beside its own candles, and whether it decides beside its signals."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from plimsoll.bridge.strategies.panel_strategy import PanelStrategy
from plimsoll.bridge.strategies.portfolio import PortfolioStrategy


def declared_data(strategy: Any) -> list[str]:
    """Return what else a strategy says that it reads, in words."""
    named = []
    if isinstance(strategy, PanelStrategy):
        lengths = " and ".join(strategy.panel_timeframes)
        named.append(f"the panel of {lengths} candles of all pairs, from their files")
    for informative, _ in strategy._ft_informative:  # noqa: SLF001 - nowhere else to read
        named.append(f"informative candles of {informative.timeframe}")
    if not named:
        named += [_words(*one) for one in strategy.informative_pairs() or ()]
    if (strategy.config.get("freqai") or {}).get("enabled"):
        named.append("the features of FreqAI")
    if (strategy.config.get("exchange") or {}).get("use_public_trades"):
        named.append("public trades")
    return list(dict.fromkeys(named))


@contextmanager
def watched_reads(strategy: Any) -> Iterator[list[str]]:
    """Yield a list that fills with what the strategy reads of the candle files meanwhile."""
    provider, named = strategy.dp, list[str]()
    own = provider.historic_ohlcv

    def noted(pair: str, timeframe: str, candle_type: str = "") -> Any:
        named.append(_words(pair, timeframe, candle_type))
        return own(pair, timeframe, candle_type)

    provider.historic_ohlcv = noted
    try:
        yield named
    finally:
        del provider.historic_ohlcv


def beyond_signals(strategy: Any) -> str | None:
    """Return by what a strategy decides that is no signal; ``None`` for nothing of the kind."""
    if isinstance(strategy, PortfolioStrategy):
        return "target weights of its whole book"
    return "changes of open positions" if strategy.position_adjustment_enable else None


def _words(pair: str, timeframe: str, candle_type: Any = "") -> str:
    kind = str(candle_type or "candles").replace("_", " ")
    return f"{pair} {timeframe} {kind}"
