"""What a config may say of the gates: other limits, tighter or, on record, looser."""

import math
from difflib import get_close_matches
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from plimsoll.gates.criteria import CRITERIA, NAMES
from plimsoll.gates.criterion import Criterion


class GateSettings(BaseModel):
    """Limits of criteria in place of the shipped ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    limits: Annotated[
        dict[str, float],
        Field(description="Limits by the name of a criterion; a looser one is kept on record."),
    ] = {}

    @field_validator("limits")
    @classmethod
    def _known(cls, limits: dict[str, float]) -> dict[str, float]:
        for name, limit in limits.items():
            if name not in NAMES:
                similar = get_close_matches(name, sorted(NAMES), n=1)
                advice = f"; did you mean {similar[0]}?" if similar else ""
                raise ValueError(f"expected a criterion of docs/gates.md, found {name}{advice}")
            if not math.isfinite(limit):
                raise ValueError(f"expected a limit of {name} that is a number, found {limit}")
        return limits

    def loosened(self) -> tuple[Criterion, ...]:
        """Return the criteria, with their shipped limits, that these settings make looser."""
        return tuple(
            one
            for one in CRITERIA
            if one.name in self.limits and one.sense.is_looser(self.limits[one.name], one.limit)
        )
