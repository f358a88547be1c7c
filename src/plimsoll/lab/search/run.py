"""``plimsoll search`` from beginning to end: open the study, run epochs, confirm, count."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freqtrade.constants import FTHYPT_FILEVERSION
from freqtrade.optimize.hyperopt_tools import HyperoptTools

from plimsoll.core import PlimsollError
from plimsoll.lab.search import trials
from plimsoll.lab.search.configuration import hyperopt_config, quiet
from plimsoll.lab.search.confirmation import Confirmation, confirm
from plimsoll.lab.search.epochs import Epochs
from plimsoll.lab.search.identity import Identity, identity_of
from plimsoll.lab.search.pool import search_locally
from plimsoll.lab.search.storage import answering, default_journal, open_storage, shown
from plimsoll.lab.search.studies import UID, Progress, fail_lost, open_study, progress_of
from plimsoll.lab.search.worker import Place, Told, study_at

SEED = 1
"""Of a search whose ``--random-state`` nobody gave: the same command gives the same search."""
COMMAND = "search"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What a search is asked for; ``arguments`` are those of ``freqtrade hyperopt``.

    ``storage`` is an address (`open_storage`), by default a journal file in the user folder;
    ``study`` a name, by default one that says what is searched. ``dask`` is the address of a
    scheduler whose workers run the epochs instead of local ones.
    """

    arguments: tuple[str, ...]
    workers: int | None = None
    storage: str | None = None
    study: str | None = None
    dask: str | None = None
    export: bool = False


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """What a search has found; ``epochs`` of the study, ``epochs_now`` of this run.

    ``best_params`` are by space, as Freqtrade exports them. ``trials_on_data`` counts what this
    data set has ever been tried with.
    """

    study: str
    storage: str
    identity: Identity
    epochs: int
    epochs_now: int
    lost: int
    seconds: float
    best_loss: float | None
    best_params: dict[str, Any] | None
    details: dict[str, Any] | None
    confirmation: Confirmation | None
    refusal: str | None
    trials_on_data: int
    exported: Path | None

    @property
    def epochs_a_minute(self) -> float:
        """How fast this run was; 0 where nothing was left to do."""
        return 60.0 * self.epochs_now / self.seconds if self.epochs_now else 0.0


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who is told of a search as it goes."""

    say: Callable[[str], object]
    epoch: Callable[[Told], object]


def search(request: SearchRequest, watcher: Watcher) -> SearchOutcome:
    """Run a search, or go on with it, and have its winner confirmed by Freqtrade.

    Raises
    ------
    UsageError
        In one line: arguments, space, loss, data, storage or study that do not fit.
    PlimsollError
        When an epoch fails, workers die one after another, or the storage goes away.
    """
    with quiet():
        config = hyperopt_config(request.arguments)
    userdir = Path(config["user_data_dir"])
    for sentence in trials.count_killed(userdir):
        watcher.say(sentence)
    epochs = Epochs(config)
    epochs.require_startable_winners()
    epochs.load()
    if epochs.refusal is not None:
        watcher.say(f"at Freqtrade's own speed: {epochs.refusal}")
    identity = identity_of(epochs)
    place = place_of(request, epochs, identity)
    seed = int(config.get("hyperopt_random_state") or SEED)
    with answering(place.address):
        study = open_study(
            open_storage(place.address),
            place.study,
            identity,
            seed=seed,
            address=shown(place.address),
        )
        fail_lost(study)
        before = progress_of(study)
    watcher.say(_beginning(place, before))
    began = time.perf_counter()
    _run(request, epochs, place, watcher, userdir, str(study.user_attrs[UID]))
    seconds = time.perf_counter() - began
    with answering(place.address):
        after = progress_of(study_at(place))
    return _outcome(request, epochs, identity, place, before, after, seconds, userdir)


def place_of(request: SearchRequest, epochs: Epochs, identity: Identity) -> Place:
    """Return where a search is kept: by default under a name that says all that decides it."""
    config = epochs.pristine
    seeded = config.get("hyperopt_random_state") or SEED
    name = request.study or f"{identity.strategy}-{identity.digest}-{seeded}"
    address = request.storage or str(default_journal(Path(config["user_data_dir"]), name))
    return Place(address, name, int(config["epochs"]), int(config.get("early_stop") or 0))


def _run(
    request: SearchRequest,
    epochs: Epochs,
    place: Place,
    watcher: Watcher,
    userdir: Path,
    key: str,
) -> None:
    """Run the epochs; whatever happens, those that ended are counted, now or by the next search."""
    noted = trials.begin(userdir, [place], COMMAND, key=key)
    try:
        if request.dask is None:
            workers = request.workers or _usual_workers(epochs)
            search_locally(epochs, place, workers=workers, tell=watcher.epoch, warn=watcher.say)
        else:
            from plimsoll.lab.search.dask_workers import search_by_dask

            search_by_dask(
                request.arguments, request.dask, place, tell=watcher.epoch, say=watcher.say
            )
    except BaseException:
        _count_if_possible(userdir, place, noted, key)
        raise
    with answering(place.address):
        trials.count(userdir, [place], COMMAND, key=key)
    noted.unlink(missing_ok=True)


def _count_if_possible(userdir: Path, place: Place, noted: Path, key: str) -> None:
    try:
        with answering(place.address):
            fail_lost(study_at(place))
            trials.count(userdir, [place], COMMAND, key=key)
    except PlimsollError:
        return  # the note stays, and the next search counts
    noted.unlink(missing_ok=True)


def _usual_workers(epochs: Epochs) -> int:
    import os

    asked = int(epochs.pristine.get("hyperopt_jobs") or -1)
    return asked if asked > 0 else len(os.sched_getaffinity(0))


def _beginning(place: Place, before: Progress) -> str:
    where = f"study {place.study} on {shown(place.address)}"
    if not before.epochs and not before.lost:
        return f"{where}: {place.epochs} epochs"
    left = max(place.epochs - before.epochs, 0)
    return f"{where}: goes on after {before.epochs} of {place.epochs} epochs, {left} left"


def _outcome(
    request: SearchRequest,
    epochs: Epochs,
    identity: Identity,
    place: Place,
    before: Progress,
    after: Progress,
    seconds: float,
    userdir: Path,
) -> SearchOutcome:
    best = after.best
    details = None if best is None else epochs.details(best.params)
    confirmation = None if best is None else confirm(epochs, best.params)
    exported = None
    if details is not None and request.export:
        exported = export(epochs, details)
    return SearchOutcome(
        study=place.study,
        storage=shown(place.address),
        identity=identity,
        epochs=after.epochs,
        epochs_now=after.epochs - before.epochs,
        lost=after.lost,
        seconds=seconds,
        best_loss=None if best is None else best.value,
        best_params=None if best is None else dict(best.params),
        details=details,
        confirmation=confirmation,
        refusal=epochs.refusal,
        trials_on_data=trials.trials_on(userdir, identity.data),
        exported=exported,
    )


def export(epochs: Epochs, details: dict[str, Any]) -> Path:
    """Write parameters beside the strategy, as Freqtrade's hyperopt does; return the file."""
    file = Path(epochs.strategy.__file__).with_suffix(".json")
    with quiet():
        HyperoptTools.export_params(
            {**details, FTHYPT_FILEVERSION: 2}, epochs.get_strategy_name(), file
        )
    return file


def replaced(arguments: Sequence[str], option: str, value: str) -> tuple[str, ...]:
    """Return arguments with another value of an option."""
    kept = list(arguments)
    if option in kept:
        at = kept.index(option)
        del kept[at : at + 2]
    return (*kept, option, value)
