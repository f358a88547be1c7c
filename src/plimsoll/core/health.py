"""What is known about the data, the exchange's API, the models and past trades."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PairData:
    """The candles of one pair.

    Attributes
    ----------
    newest_candle_closed_at
        When the newest closed candle closed; ``None`` when there is none.
    candle_seconds
        Length of a candle.
    implausible
        Why the newest tick or candle cannot be true; ``None`` when it can.
    signal_fault
        Why nothing may be entered by the pair's signals, though its candles are sound: what they
        are worked out of is missing or late. ``None`` when nothing is wrong.
    """

    newest_candle_closed_at: datetime | None
    candle_seconds: float
    implausible: str | None = None
    signal_fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataHealth:
    """The candles of every pair that is traded or held."""

    pairs: Mapping[str, PairData] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiHealth:
    """Times of recent errors of the exchange's API, ascending; empty when there were none."""

    error_times: Sequence[datetime] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelHealth:
    """How often a model was right over its recent predictions."""

    name: str
    accuracy_fraction: float | None
    predictions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a backtest promised, per closed trade; profits are fractions of the stake."""

    source: str
    trades: int
    mean_profit_fraction: float
    profit_std_fraction: float
    win_rate_fraction: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRecord:
    """What an account has shown over its closed trades; ``None`` where it is not defined."""

    trades: int
    win_rate_fraction: float | None
    sharpe: float | None
    max_drawdown_fraction: float | None
