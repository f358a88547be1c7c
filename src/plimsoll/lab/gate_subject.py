"""What a gate judges, as the files are now: the strategy, and what a drill of it must have had."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.layers import read_layers
from plimsoll.bridge.config.settings import PlimsollSettings, settings_from
from plimsoll.bridge.config.subject import subject_of
from plimsoll.core import PlimsollError
from plimsoll.gates.case import Drilled
from plimsoll.gates.subject import Subject
from plimsoll.lab.drilling import certificate
from plimsoll.lab.drilling.bot import OWN_STRATEGY, STRATEGIES
from plimsoll.lab.drilling.matrix import cells
from plimsoll.lab.strategy_loading import load_strategy


def judged_subject(
    strategy: str, userdir: Path, layers: Sequence[Path], *, strategy_path: Path | None = None
) -> tuple[Subject, PlimsollSettings, Mapping[str, Any]]:
    """Return a strategy under a config as the gates judge it, with the settings and the config.

    Raises
    ------
    UsageError
        When there is no such strategy.
    PlimsollError
        When the config is not valid.
    """
    loaded = load_strategy(strategy, userdir, layers, folder=strategy_path)
    config = read_layers(layers)
    settings = settings_from(config)
    return subject_of(loaded.strategy, config, settings), settings, config


def drilled_now(told: Mapping[str, Any] | None, folder: Path) -> Drilled:
    """Return what a certificate must hold for now; ``told`` are the facts of its reading.

    ``folder`` has the strategies of the user. What cannot be known any more, such as a layer that
    is gone, leaves the fingerprints empty, and the drill does not count.
    """
    wanted = tuple((one.scenario, one.fault, one.mode) for one in cells())
    if told is None:
        return Drilled(wanted)
    own = told["strategy"] == OWN_STRATEGY
    layers = tuple(Path(one) for one in told["layers"])
    subject = certificate.Subject(told["strategy"], STRATEGIES if own else folder, layers)
    try:
        return Drilled(wanted, asdict(subject.fingerprints()))
    except (PlimsollError, OSError):
        return Drilled(wanted)
