"""What a config asks of a training, beside the library's own parameters."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from plimsoll.core import PlimsollError


class TuningSettings(BaseModel):
    """A search for parameters inside the training window; it ends with the first budget spent."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    trials: Annotated[int, Field(ge=1, le=1000, description="trials a training")] = 20
    seconds: Annotated[
        float | None, Field(gt=0, description="seconds a training; none is no limit")
    ] = None
    folds: Annotated[int, Field(ge=2, le=10, description="later stretches each is judged on")] = 3
    seed: Annotated[int, Field(ge=0, description="of the search")] = 1


class TrainingSettings(BaseModel):
    """The section ``plimsoll`` of the config's ``freqai``."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    target: Annotated[
        Literal["direction", "barriers", "return", "interest"],
        Field(description="what is forecast"),
    ] = "direction"
    least_rows: Annotated[
        int, Field(ge=50, description="fewer purged rows of training are refused")
    ] = 200
    window_candles: Annotated[
        int, Field(ge=1, le=500, description="candles whose features make a row; 1 is its own")
    ] = 1
    early_stopping_rounds: Annotated[
        int, Field(ge=0, description="trees or epochs without a gain on held-out rows; 0 keeps all")
    ] = 0
    calibrate: Annotated[bool, Field(description="calibrate probabilities on held-out rows")] = (
        False
    )
    class_weights: Annotated[bool, Field(description="let each class count for as much in all")] = (
        False
    )
    overlap_weights: Annotated[
        bool, Field(description="let labels that share candles count for less")
    ] = False
    held_out_fraction: Annotated[
        float, Field(gt=0, le=0.3, description="of the training rows, for each of the two")
    ] = 0.1
    folds: Annotated[
        int, Field(ge=2, le=10, description="stretches that a stack's model is fitted on")
    ] = 4
    tuning: Annotated[
        TuningSettings | None, Field(description="search parameters inside the window")
    ] = None

    @model_validator(mode="after")
    def _weights_need_calibration(self) -> "TrainingSettings":
        if self.class_weights and not self.calibrate:
            raise ValueError("class_weights distort probabilities: set calibrate too")
        return self


def training_settings(section: object) -> TrainingSettings:
    """Return the settings of a config's section; without one, the defaults.

    Raises
    ------
    PlimsollError
        One line with the key that is wrong.
    """
    try:
        return TrainingSettings.model_validate({} if section is None else section)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in ("freqai", "plimsoll", *first["loc"]))
        raise PlimsollError(f"{place}: {first['msg']}") from None
