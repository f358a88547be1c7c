"""When a model is trained anew, when it takes over, and when it has to go."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class ChampionPolicy(BaseModel):
    """The rules of champion and challenger, as the config's ``plimsoll.champion`` has them."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    enabled: Annotated[
        bool,
        Field(
            description="Whether a running bot's retraining makes a challenger in place of a new "
            "model at once."
        ),
    ] = False
    retrain_hours: Annotated[
        float, Field(gt=0, le=8760, description="Train again after so many hours.")
    ] = 24.0
    retrain_trades: Annotated[
        int, Field(ge=1, description="Or after so many closed trades of the pair.")
    ] = 100
    retry_hours: Annotated[
        float, Field(gt=0, le=168, description="How long to wait after a training that failed.")
    ] = 1.0
    trial_outcomes: Annotated[
        int,
        Field(
            ge=60,
            le=20_000,
            description="Candles that a challenger is judged on, once; also those between two "
            "reviews of a champion.",
        ),
    ] = 500
    max_missing_fraction: Annotated[
        float,
        Field(ge=0, le=0.5, description="Share of missing outcomes that a trial may have."),
    ] = 0.05
    better_fraction: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="How much higher the Sharpe ratio of a challenger must be, as a fraction "
            "of the champion's.",
        ),
    ] = 0.05
    level: Annotated[
        float,
        Field(
            gt=0, le=0.5, description="Largest probability that the difference is noise: promotion."
        ),
    ] = 0.05
    rollback_level: Annotated[
        float,
        Field(gt=0, le=0.5, description="The same for a champion's fall behind its predecessor."),
    ] = 0.10
    ab_share: Annotated[
        float,
        Field(
            ge=0,
            le=0.5,
            description="Share of candles after which the challenger decides on entries; 0: it "
            "only forecasts in shadow.",
        ),
    ] = 0.0
    ab_salt: Annotated[
        str, Field(description="Another salt splits the candles in another way.")
    ] = "plimsoll"
    drift: Annotated[
        bool,
        Field(
            description="Whether drift of features or errors makes a training due (needs river)."
        ),
    ] = False
    drift_delta: Annotated[
        float,
        Field(gt=0, lt=0.5, description="ADWIN's delta: probability of an alarm without drift."),
    ] = 0.002
