"""The file that names the bots of a fleet, and the limits of all of them together."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from plimsoll.core import PlimsollError
from plimsoll.risk import RiskProfile

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$"


class FleetBot(BaseModel):
    """One bot of a fleet; paths are relative to the file's folder, as in a list of bots."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=NAME)]
    config: tuple[str, ...] = ()
    userdir: str = ""
    db_url: str = ""
    secrets_file: str = ""


class FleetFile(BaseModel):
    """A fleet: its bots, and what they may lose and hold together."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: Annotated[str, Field(pattern=NAME)]
    bots: Annotated[tuple[FleetBot, ...], Field(min_length=1)]
    risk: RiskProfile = RiskProfile()
    max_report_age_seconds: Annotated[float, Field(gt=0, le=3600)] = 120.0
    folder: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The bots' names."""
        return tuple(one.name for one in self.bots)

    @property
    def digest(self) -> str:
        """What tells this fleet from one with another bot, limit or name."""
        return sha256(self.model_dump_json().encode()).hexdigest()[:16]

    def state_folder(self, file: Path) -> Path:
        """Return the folder that all bots share: beside the file, unless it says otherwise."""
        return file.resolve().parent / (self.folder or f"{self.name}.fleet")


def read_fleet(file: Path) -> FleetFile:
    """Read and check a fleet's file.

    Raises
    ------
    PlimsollError
        In one line, with what was found.
    """
    try:
        values: Any = json.loads(file.read_text(encoding="utf-8"))
        fleet = FleetFile.model_validate(values)
    except OSError as error:
        raise PlimsollError(f"the fleet file {file} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        said = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}"
            for one in error.errors(include_url=False)
        )
        raise PlimsollError(f"the fleet file {file} is not valid: {said}") from None
    except ValueError as error:
        raise PlimsollError(f"expected JSON in the fleet file {file}: {error}") from None
    if twice := sorted({name for name in fleet.names if fleet.names.count(name) > 1}):
        raise PlimsollError(f"expected each bot of {file} once, found {', '.join(twice)} twice")
    return fleet
