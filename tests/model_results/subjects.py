"""Which models are compared, and with what."""

from dataclasses import dataclass, replace

from plimsoll.lab.study import Study

THREE = ("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT")
SPAN = "20230101-20250701"
BASELINES = ("SlowTrend", "MomentumCross")
RETRAIN_DAYS = 90
"""FreqAI trains anew so often, on the 730 days before; the layers' own 30 take thrice as long."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A model under a strategy and its layer."""

    model: str
    strategy: str
    layer: str

    @property
    def studies(self) -> tuple[Study, Study]:
        """What it is traded on, and what the slowest rule is: candles of four hours."""
        own = Study("three pairs, 1 hour", "1h", THREE, SPAN, (self.strategy,), BASELINES)
        return own, replace(own, name="three pairs, 4 hours", timeframe="4h")


SUBJECTS = (
    Subject("LogisticDirection", "ModelDirection", "freqai-models.json"),
    Subject("LightGBMDirection", "ModelDirection", "freqai-models.json"),
    Subject("RandomForestDirection", "ModelDirection", "freqai-models.json"),
    Subject("StackingDirection", "StackedSignal", "freqai-stack.json"),
)
