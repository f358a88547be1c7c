"""Whether and where runs are tracked, as the config's ``plimsoll.tracking`` has it."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class TrackingSettings(BaseModel):
    """Where trainings, searches and walk-forwards are logged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: Annotated[
        bool,
        Field(description="Whether trainings, searches and walks are logged in MLflow (extra)."),
    ] = False
    uri: Annotated[
        str,
        Field(
            description="MLflow's tracking store, such as http://127.0.0.1:5000; empty: files in "
            "mlruns/ of the user folder."
        ),
    ] = ""
    experiment: Annotated[str, Field(min_length=1, description="Name of MLflow's experiment.")] = (
        "plimsoll"
    )

    def uri_in(self, userdir: Path) -> str:
        """Return the store's address; a folder below the user folder by default."""
        return self.uri or (userdir.expanduser().resolve() / "mlruns").as_uri()
