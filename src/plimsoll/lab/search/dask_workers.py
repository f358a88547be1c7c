"""Workers on other machines: Dask starts them, the storage tells them what to try.

Each worker of the cluster loads data and strategy once and keeps them. It needs this package, the
user folder and the candles under the same paths, and it reaches the same storage.
"""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

from plimsoll.bridge.freqtrade.venue_clock import stop_following
from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.search.configuration import hyperopt_config, quiet
from plimsoll.lab.search.epochs import Epochs
from plimsoll.lab.search.identity import identity_of
from plimsoll.lab.search.storage import POSTGRES, answering
from plimsoll.lab.search.studies import IDENTITY, fail_lost, progress_of
from plimsoll.lab.search.worker import Place, Tell, Told, Worker, study_at

CONNECT_SECONDS = 20
LOOK_SECONDS = 0.5
"""How often the storage is asked how far its workers are."""


def search_by_dask(
    arguments: tuple[str, ...],
    scheduler: str,
    place: Place,
    *,
    tell: Tell,
    say: Callable[[str], object],
) -> None:
    """Let every worker of a Dask cluster run epochs of a place until it has enough of them.

    A worker that dies takes one epoch along, which another runs again; one that joins later is
    not used by a search that has begun.

    Raises
    ------
    UsageError
        When Dask is not installed, nobody listens, it has no worker, or the storage is a file.
    PlimsollError
        What a worker raised, or that all of them are gone.
    """
    if not place.address.startswith(POSTGRES):
        raise UsageError(
            "workers on other machines need a storage that they reach: pass --storage "
            "postgresql://USER@HOST/DATABASE"
        )
    stop_following()  # the cluster's messages wait for real time
    client = _client(scheduler)
    try:
        workers = list(client.scheduler_info(n_workers=-1)["workers"])
        if not workers:
            raise UsageError(f"the Dask scheduler {scheduler} has no workers; start some first")
        say(f"{len(workers)} Dask workers")
        futures = [
            client.submit(
                run_epochs, arguments, place, workers=[one], pure=False, allow_other_workers=False
            )
            for one in workers
        ]
        _watch(futures, place, tell=tell, say=say)
    finally:
        client.close()


def run_epochs(arguments: tuple[str, ...], place: Place) -> int:
    """Run epochs in a worker of Dask, on data and strategy that it keeps; return how many.

    Raises
    ------
    PlimsollError
        When its data, code or config are not those of the search.
    """
    with quiet():
        epochs = _prepared(arguments)
        _require_same_search(epochs, place)
        told: list[Told] = []
        Worker(epochs, place).run(told.append)
    return len(told)


@cache
def _prepared(arguments: tuple[str, ...]) -> Epochs:
    epochs = Epochs(hyperopt_config(arguments))
    epochs.load()
    stop_following()  # what a worker tells its scheduler waits for real time
    return epochs


def _require_same_search(epochs: Epochs, place: Place) -> None:
    with answering(place.address):
        recorded = study_at(place).user_attrs[IDENTITY]
    if differing := identity_of(epochs).differing(recorded):
        raise PlimsollError(
            f"a Dask worker has another {' and '.join(differing)} than the search; bring its "
            "files up to date"
        )


def _client(scheduler: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise UsageError('--dask needs Dask: pip install "freqtrade-plimsoll[search]"') from None
    try:
        return Client(scheduler, timeout=CONNECT_SECONDS)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {scheduler}: {error}") from None


def _watch(futures: list[Any], place: Place, *, tell: Tell, say: Callable[[str], object]) -> None:
    """Follow the study until no worker runs any more."""
    seen: set[int] = set()
    running = list(futures)
    with answering(place.address):
        study = study_at(place)
    while True:
        running = [one for one in running if not one.done()]
        with answering(place.address):
            trials = study.get_trials(deepcopy=False)
        for one in trials:
            if one.number not in seen and one.value is not None:
                seen.add(one.number)
                tell(Told(one.number, one.params, one.value, None, None))
        if not running:
            break
        time.sleep(LOOK_SECONDS)
    failed = [one for one in futures if one.status != "finished"]
    for one in failed:
        say(f"a Dask worker failed: {_why(one)}")
    with answering(place.address):
        fail_lost(study)
        done = progress_of(study).epochs
    if failed and done < place.epochs:
        raise PlimsollError(
            f"{len(failed)} of {len(futures)} Dask workers failed after {done} of {place.epochs} "
            f"epochs, the last one: {_why(failed[-1])}; run the same command again"
        )


def _why(future: Any) -> str:
    error = future.exception() if future.status == "error" else future.status
    return f"{type(error).__name__}: {error}" if isinstance(error, Exception) else str(error)
