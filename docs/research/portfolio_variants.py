"""The variants of the second protocol, for `plimsoll results --strategy-path docs/research`."""

from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

from freqtrade.persistence import Trade
from freqtrade.strategy import DecimalParameter

from plimsoll.bundle import user_data_folder
from plimsoll.signals.components import Sleeve


def _shipped(name: str) -> Any:
    """Return a shipped strategy's module; its folder is no package."""
    spec = spec_from_file_location(f"shipped_{name}", user_data_folder("strategies") / f"{name}.py")
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_directional = _shipped("Ensemble")
_follow = _shipped("TrendFollow")
_portfolio = _shipped("TrendPortfolio")
_every_sleeve = _directional.sleeves


def _without_carry(*asked: Any, **named: Any) -> dict[str, Sleeve]:
    """Return the sleeves that bet on a direction."""
    every = _every_sleeve(*asked, **named)
    return {name: sleeve for name, sleeve in every.items() if name != "carry"}


_directional.sleeves = _without_carry


class EnsembleDirectional(_directional.Ensemble):
    """The ensemble without its neutral sleeve, carry."""


class TrendSymmetric(_portfolio.TrendPortfolio):
    """Shorts are as large as longs: a parameter less."""

    short_strength = DecimalParameter(0.0, 1.0, default=1.0, decimals=2, space="buy")


class TrendHeld(_follow.TrendFollow):
    """Held for longer: no target, a stop of three ATR."""

    sl_atr = DecimalParameter(0.5, 4.0, default=3.0, decimals=2, space="sell")

    def target_distance(self) -> None:
        """Return no target."""


class _AtLimit:
    """Enter a quarter of an ATR better than the close, within the next candle or not at all."""

    order_types = _follow.TrendFollow.order_types | {"entry": "limit"}
    unfilledtimeout = _follow.TrendFollow.unfilledtimeout | {"entry": 59}
    BETTER_BY_ATR = 0.25

    def custom_entry_price(
        self, pair: str, trade: Trade | None, proposed_rate: float, side: str, **_: Any
    ) -> float:
        """Return the limit: below the last close for a long, above it for a short."""
        candles, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        last = candles.iloc[-1]
        distance = self.BETTER_BY_ATR * float(last[self.atr.column])
        return float(last["close"]) + (distance if side == "short" else -distance)


class TrendLimit(_AtLimit, _follow.TrendFollow):
    """As shipped, entered by a limit."""


class TrendHeldLimit(_AtLimit, TrendHeld):
    """Held for longer and entered by a limit."""
