"""What a backtest promised, from the file that ``plimsoll expectation`` writes."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from plimsoll.core import Expectation, PlimsollError


class ExpectationFile(BaseModel):
    """Statistics of a backtest's closed trades; profits are fractions of the stake."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    source: str
    trades: int = Field(ge=1)
    mean_profit_fraction: float
    profit_std_fraction: float = Field(ge=0)
    win_rate_fraction: float = Field(ge=0, le=1)


def read_expectation(file: str) -> Expectation | None:
    """Return the expectation in a file; ``None`` for an empty name.

    Raises
    ------
    PlimsollError
        When the file is missing or is not an expectation.
    """
    if not file:
        return None
    try:
        written = ExpectationFile.model_validate_json(Path(file).read_bytes())
    except OSError as error:
        raise PlimsollError(f"expected an expectation file, found {file}: {error}") from None
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        )
        raise PlimsollError(f"{file} is not an expectation: {faults}") from None
    return Expectation(**written.model_dump())
