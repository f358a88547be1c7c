"""What the shipped pairlists share: validated options and the reasons to drop a pair."""

from typing import Annotated, Any

import pandas as pd
from freqtrade.plugins.pairlist.IPairList import PairlistParameter
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from plimsoll.core import PlimsollError
from plimsoll.core.candle_quality import candle_quality

FREQTRADE_OPTIONS = frozenset({"method", "refresh_period"})

Fraction = Annotated[float, Field(ge=0, le=1)]


class QualityLimits(BaseModel):
    """Options of ``QualityPairList``."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

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

    @classmethod
    def read(cls, name: str, options: dict[str, Any]) -> "QualityLimits":
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
                f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}, found {fault['input']!r}"
                for fault in error.errors(include_url=False)
            )
            raise PlimsollError(f"pairlist {name}: {faults}") from None

    @classmethod
    def parameters(cls) -> dict[str, PairlistParameter]:
        """Describe the options for Freqtrade's web interface."""
        return {
            name: {
                "type": "number",
                "default": field.default,
                "description": name.replace("_", " ").capitalize(),
                "help": field.description or "",
            }
            for name, field in cls.model_fields.items()
        }


def quality_fault(candles: pd.DataFrame, limits: QualityLimits) -> str | None:
    """Return why a pair's candles are not good enough, with value and limit; None when they are."""
    quality = candle_quality(candles, expected_candles=limits.lookback_candles)
    if quality.present_fraction < limits.min_present_fraction:
        return (
            f"{quality.present_fraction:.1%} of its last {limits.lookback_candles} candles exist, "
            f"expected at least {limits.min_present_fraction:.1%}"
        )
    upper = {
        "without volume": (quality.zero_volume_fraction, limits.max_zero_volume_fraction),
        "frozen": (quality.frozen_fraction, limits.max_frozen_fraction),
        "impossible": (quality.invalid_fraction, 0.0),
    }
    for what, (found, limit) in upper.items():
        if found > limit:
            return f"{found:.1%} of its candles are {what}, expected at most {limit:.1%}"
    return None
