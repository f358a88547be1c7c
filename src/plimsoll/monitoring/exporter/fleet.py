"""Which bots one exporter reads: by the watchdog's layers, or a file that lists many."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from plimsoll.core import UsageError
from plimsoll.monitoring.settings import (
    BOTS_DATABASE,
    PREFIX,
    SECRETS_FILE,
    WatchSettings,
    read_layer,
    read_settings,
)

UNNAMED = "bot"


class ListedBot(BaseModel):
    """One bot of a list; paths are relative to the list's folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=60)
    config: tuple[str, ...] = Field(min_length=1)
    userdir: str = ""
    db_url: str = ""
    secrets_file: str = ""


class _BotList(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    bots: tuple[ListedBot, ...] = Field(min_length=1)
    # Of a fleet's file, which lists bots in the same way; the guards read these.
    name: str = ""
    risk: dict[str, Any] = Field(default_factory=dict)
    max_report_age_seconds: float = 0.0
    folder: str = ""


def listed_bots(file: Path, environment: Mapping[str, str]) -> dict[str, WatchSettings]:
    """Return the settings of every bot of a list, by its name.

    A bot with a ``secrets_file`` is read by that alone; the others share the environment.

    Raises
    ------
    UsageError
        In one line, when the list, or what it names, is not valid.
    """
    try:
        listed = _BotList.model_validate(read_layer(file))
    except ValidationError as error:
        said = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}"
            for one in error.errors(include_url=False)
        )
        raise UsageError(f"the list of bots {file} is not valid: {said}") from None
    names = [one.name for one in listed.bots]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"expected a name of its own for each bot, found {', '.join(twice)} twice")
    return {one.name: _settings(one, file.resolve().parent, environment) for one in listed.bots}


def name_of(settings: WatchSettings) -> str:
    """Return how a bot is called that no list names."""
    return settings.bot_name or UNNAMED


def _settings(one: ListedBot, folder: Path, environment: Mapping[str, str]) -> WatchSettings:
    files = [folder / Path(name).expanduser() for name in one.config]
    userdir = folder / Path(one.userdir).expanduser() if one.userdir else None
    # It is one bot's, and there are many here.
    environment = {name: text for name, text in environment.items() if name != BOTS_DATABASE}
    if one.secrets_file:
        others = {name: text for name, text in environment.items() if not name.startswith(PREFIX)}
        secrets = folder / Path(one.secrets_file).expanduser()
        environment = {**others, SECRETS_FILE: str(secrets)}
    return read_settings(files, userdir, environment, db_url=one.db_url)
