"""How good probabilities of a move were: how often right, and whether they mean what they say."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plimsoll.performance.errors import MeasureError

KEY = "forecasts"
"""The member of our section of a result that holds them."""
BINS = 10

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Bin:
    """Forecasts of about the same probability: their mean, and how often it came."""

    forecast: float
    occurred: float
    count: int


@dataclass(frozen=True, slots=True)
class ForecastQuality:
    """What forecasts of up, flat or down were worth, over all pairs together.

    Attributes
    ----------
    rows
        Forecasts whose outcome is known.
    sided
        Those of them after which the price moved far enough, up or down.
    accuracy_fraction
        How many of the sided leant to the right side; ``None`` without any.
    calls, calls_right_fraction
        Forecasts that the strategy would act on, and how many leant to the side that the close
        took at all.
    brier
        Mean squared error of the probability of up among the sided, 0 to 1: 0.25 is a coin's.
    brier_skill
        1 − Brier over that of the frequency of up (Murphy 1973); above 0 says more than that.
    calibration_error
        Mean distance between forecast and frequency over the bins, weighted by their counts.
    bins
        The reliability diagram of the sided: probability of up given that it moved.
    """

    rows: int
    sided: int
    accuracy_fraction: float | None
    calls: int
    calls_right_fraction: float | None
    brier: float | None
    brier_skill: float | None
    calibration_error: float | None
    bins: tuple[Bin, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "ForecastQuality":
        """Read what `to_dict` wrote.

        Raises
        ------
        MeasureError
            When it is of another shape.
        """
        try:
            bins = tuple(Bin(**one) for one in record["bins"])
            return cls(**{**record, "bins": bins})
        except (KeyError, TypeError) as error:
            raise MeasureError(f"its forecasts cannot be read ({error!r})") from None


def forecast_quality(
    up: Floats, down: Floats, moved: Floats, *, threshold: float, least_lean: float
) -> ForecastQuality:
    """Measure forecasts against what came.

    Parameters
    ----------
    up, down
        Probability of each, a row a forecast.
    moved
        The change of the close over the horizon, as a fraction; NaN where it is not known.
    threshold
        A change beyond it is a move, else flat.
    least_lean
        From which ``|up − down|`` on a forecast is acted on.
    """
    known = np.isfinite(up) & np.isfinite(down) & np.isfinite(moved)
    up, down, moved = up[known], down[known], moved[known]
    called = np.abs(up - down) >= least_lean
    calls = int(called.sum())
    right = np.sign(up[called] - down[called]) == np.sign(moved[called])
    sided = (np.abs(moved) > threshold) & (up + down > 0)
    share, came = up[sided] / (up + down)[sided], (moved[sided] > 0).astype("float64")
    made: dict[str, Any] = {
        "rows": len(up),
        "sided": int(sided.sum()),
        "calls": calls,
        "calls_right_fraction": float(right.mean()) if calls else None,
    }
    if not sided.any():
        return ForecastQuality(
            **made, accuracy_fraction=None, brier=None, brier_skill=None, calibration_error=None
        )
    bins = _bins(share, came)
    brier, usual = float(((share - came) ** 2).mean()), float(came.mean() * (1.0 - came.mean()))
    return ForecastQuality(
        **made,
        accuracy_fraction=float(((share > 0.5) == (came > 0.5)).mean()),
        brier=brier,
        brier_skill=1.0 - brier / usual if usual > 0.0 else None,
        calibration_error=sum(abs(one.forecast - one.occurred) * one.count for one in bins)
        / len(share),
        bins=bins,
    )


def _bins(share: Floats, came: Floats) -> tuple[Bin, ...]:
    place = np.minimum((share * BINS).astype("int64"), BINS - 1)
    return tuple(
        Bin(float(share[rows].mean()), float(came[rows].mean()), int(rows.sum()))
        for rows in (place == number for number in range(BINS))
        if rows.any()
    )
