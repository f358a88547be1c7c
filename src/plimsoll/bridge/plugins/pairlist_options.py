"""What the shipped pairlists share: validated options and the reasons to drop a pair."""

from typing import Annotated, Any, Literal, Self, get_args, get_origin

import pandas as pd
from freqtrade.plugins.pairlist.IPairList import PairlistParameter
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from plimsoll.candles.quality import candle_quality
from plimsoll.core import PlimsollError
from plimsoll.signals.ranking import Drop, Order

FREQTRADE_OPTIONS = frozenset({"method", "refresh_period"})

Fraction = Annotated[float, Field(ge=0, le=1)]
Number = Annotated[int | None, Field(ge=1, description="How many are kept; all when not set.")]
Timeframe = Annotated[str, Field(pattern=r"^[1-9]\d*[mhd]$")]


class PairListOptions(BaseModel):
    """Options of a pairlist, each with its bounds and a description."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def read(cls, name: str, options: dict[str, Any]) -> Self:
        """Validate a pairlist's options.

        Raises
        ------
        PlimsollError
            One line that names every violation.
        """
        own = {key: value for key, value in options.items() if key not in FREQTRADE_OPTIONS}
        try:
            return cls.model_validate(own)
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(map(str, fault['loc'])) or 'options'}: {fault['msg']}, "
                f"found {fault['input']!r}"
                for fault in error.errors(include_url=False)
            )
            raise PlimsollError(f"pairlist {name}: {faults}") from None

    @classmethod
    def parameters(cls) -> dict[str, PairlistParameter]:
        """Describe the options for Freqtrade's web interface."""
        return {name: _parameter(name, field) for name, field in cls.model_fields.items()}


class QualityLimits(PairListOptions):
    """Options of ``QualityPairList``."""

    lookback_candles: Annotated[
        int, Field(ge=2, le=499, description="Candles judged, newest last.")
    ] = 288
    min_present_fraction: Annotated[
        Fraction, Field(description="Share of the candles that must exist.")
    ] = 0.99
    max_zero_volume_fraction: Annotated[
        Fraction, Field(description="Share of candles that may have no volume.")
    ] = 0.05
    max_frozen_fraction: Annotated[
        Fraction, Field(description="Share of candles that may repeat the last close.")
    ] = 0.10


class OpenInterestOptions(PairListOptions):
    """Options of ``OpenInterestPairList``."""

    rank_by: Annotated[
        Literal["value", "change"],
        Field(description="Open interest in USD, or its change over the lookback."),
    ] = "value"
    order: Annotated[Order, Field(description="Which come first.")] = "highest"
    number_assets: Number = None
    min_value_usd: Annotated[float, Field(ge=0, description="Smallest open interest, in USD.")] = (
        0.0
    )
    min_change_fraction: Annotated[
        float | None, Field(ge=-1, description="Smallest change over the lookback.")
    ] = None
    max_change_fraction: Annotated[
        float | None, Field(ge=-1, description="Largest change over the lookback.")
    ] = None
    lookback_hours: Annotated[
        int, Field(ge=1, le=480, description="Over which the change is measured.")
    ] = 24


class FundingOptions(PairListOptions):
    """Options of ``FundingPairList``."""

    rank_by: Annotated[
        Literal["funding", "basis"],
        Field(description="Funding paid by longs, a year; or the premium over the index."),
    ] = "funding"
    order: Annotated[Order, Field(description="Which come first.")] = "highest"
    number_assets: Number = None
    min_fraction: Annotated[
        float | None, Field(description="Smallest funding a year, or premium.")
    ] = None
    max_fraction: Annotated[
        float | None, Field(description="Largest funding a year, or premium.")
    ] = None
    lookback_hours: Annotated[
        int, Field(ge=24, le=480, description="Over which it is averaged.")
    ] = 72


class CorrelationOptions(PairListOptions):
    """Options of ``CorrelationPairList``."""

    max_correlation: Annotated[
        float, Field(ge=0, le=1, description="With any pair kept before, of either sign.")
    ] = 0.7
    timeframe: Annotated[Timeframe, Field(description="Of the candles that are compared.")] = "1h"
    lookback_candles: Annotated[int, Field(ge=20, le=480, description="Candles compared.")] = 336
    min_common_fraction: Annotated[
        Fraction, Field(description="Share of the returns that two pairs must have in common.")
    ] = 0.9


class LiquidityOptions(PairListOptions):
    """Options of ``LiquidityPairList``."""

    max_spread_fraction: Annotated[
        float, Field(gt=0, le=0.1, description="Widest spread, of the mid price.")
    ] = 0.001
    min_depth_usd: Annotated[
        float, Field(ge=0, description="Least depth of the thinner side, in USD.")
    ] = 10_000.0
    reach_fraction: Annotated[
        float, Field(gt=0, le=0.1, description="Distance from the mid price that counts as depth.")
    ] = 0.002
    levels: Annotated[int, Field(ge=5, le=1000, description="Levels asked for.")] = 100


def _parameter(name: str, field: FieldInfo) -> PairlistParameter:
    words = {
        "default": field.default,
        "description": name.replace("_", " ").capitalize(),
        "help": field.description or "",
    }
    if get_origin(field.annotation) is Literal:
        options = [str(choice) for choice in get_args(field.annotation)]
        return {"type": "option", "options": options, **words}  # type: ignore[typeddict-item]
    kind = "string" if field.annotation is str else "number"
    return {"type": kind, **words}  # type: ignore[return-value,misc,typeddict-item]


def quality_fault(candles: pd.DataFrame, limits: QualityLimits) -> Drop | None:
    """Return why a pair's candles are not good enough, with value and limit; None when they are."""
    quality = candle_quality(candles, expected_candles=limits.lookback_candles)
    if quality.present_fraction < limits.min_present_fraction:
        return Drop(
            "present",
            f"{quality.present_fraction:.1%} of its last {limits.lookback_candles} candles exist, "
            f"expected at least {limits.min_present_fraction:.1%}",
        )
    upper = {
        "without volume": (quality.zero_volume_fraction, limits.max_zero_volume_fraction),
        "frozen": (quality.frozen_fraction, limits.max_frozen_fraction),
        "impossible": (quality.invalid_fraction, 0.0),
    }
    for what, (fraction, limit) in upper.items():
        if fraction > limit:
            return Drop(
                what, f"{fraction:.1%} of its candles are {what}, expected at most {limit:.1%}"
            )
    return None
