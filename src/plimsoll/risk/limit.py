"""How one limit of the profile is described, and how its faults are named."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field
from pydantic_core import InitErrorDetails, PydanticCustomError

# Pairs of limits of which the first may not be above the second.
ORDERED = (
    ("drawdown_reduce_fraction", "drawdown_halt_fraction"),
    ("max_api_errors", "flatten_api_errors"),
    ("max_candle_delay_seconds", "max_blind_seconds"),
    ("max_risk_per_trade_fraction", "max_portfolio_heat_fraction"),
    ("max_leverage", "proven_max_leverage"),
    ("flatten_alarm_seconds", "flatten_halt_seconds"),
    ("max_position_usd", "max_exposure_usd"),
    ("max_position_fraction", "max_exposure_fraction"),
)


def limit(group: str, source: str, description: str, **bounds: Any) -> Any:
    """Describe one limit; ``bounds`` are hard caps, ``source`` says what its default rests on."""
    return Field(
        description=description, json_schema_extra={"group": group, "source": source}, **bounds
    )


def again(fault: Mapping[str, Any]) -> InitErrorDetails:
    """Return a fault that pydantic reported, to be raised again with the others."""
    kind = PydanticCustomError(fault["type"], "{message}", {"message": fault["msg"]})
    return InitErrorDetails(type=kind, loc=fault["loc"], input=fault["input"])


def disorder(values: Mapping[str, Any]) -> list[InitErrorDetails]:
    """Return a fault for every two limits that contradict each other."""
    faults = []
    for low, high in ORDERED:
        pair = values[low], values[high]
        if all(isinstance(v, int | float) for v in pair) and pair[0] > pair[1]:
            text = f"expected at most {high}, which is {pair[1]}"
            kind = PydanticCustomError("limit_order", "{message}", {"message": text})
            faults.append(InitErrorDetails(type=kind, loc=(low,), input=pair[0]))
    return faults
