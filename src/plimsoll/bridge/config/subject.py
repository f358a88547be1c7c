"""The strategy of a bot as the gates judge it: its code, file, parameters, config and limits."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.core import PlimsollError
from plimsoll.gates.subject import (
    Subject,
    config_fingerprint,
    files_of_strategy,
    parameter_values,
    parameters_fingerprint,
    source_fingerprint,
)


def versions() -> dict[str, str]:
    """Return what evidence is made with, whatever the strategy."""
    return {
        "code": code_fingerprint(),
        "freqtrade": version("freqtrade"),
        "plimsoll": version("freqtrade-plimsoll"),
    }


def subject_of(strategy: Any, config: Mapping[str, Any], settings: PlimsollSettings) -> Subject:
    """Return what a strategy is, so that it can be compared with what was judged.

    ``config`` is what its layers and the environment say, without what Freqtrade fills in.

    Raises
    ------
    PlimsollError
        When the strategy's files cannot be read.
    """
    name, file = type(strategy).__name__, getattr(strategy, "__file__", None)
    try:
        if file is None:
            raise OSError("it has none")
        source, parameters = files_of_strategy(Path(file))
        values = parameter_values(parameters)
    except (OSError, ValueError) as error:
        raise PlimsollError(f"the file of {name} cannot be read: {error}") from None
    return Subject(
        strategy=name,
        source=source_fingerprint(source),
        parameters=parameters_fingerprint(values),
        config=config_fingerprint(config),
        values=values,
        limits=settings.risk.model_dump(mode="json"),
        has_model=bool((config.get("freqai") or {}).get("enabled")),
        **versions(),
    )
