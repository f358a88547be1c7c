"""One worker of a search: it asks the study for parameters, runs an epoch, and tells the loss."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from optuna.study import Study
from optuna.trial import Trial, TrialState

from plimsoll.core import UsageError
from plimsoll.lab.search.epochs import Epoch, Epochs
from plimsoll.lab.search.sampling import sampler_of
from plimsoll.lab.search.space import plain_space
from plimsoll.lab.search.storage import answering, open_storage, shown
from plimsoll.lab.search.studies import GIVEN_UP, OWNER, SEED, join_study, own_name, require_here

Tell = Callable[["Told"], object]


@dataclass(frozen=True, slots=True)
class Told:
    """What a worker says of an epoch; ``repeated`` when its parameters had been tried before."""

    number: int
    params: dict[str, Any]
    loss: float
    trades: int | None
    profit_fraction: float | None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a search is kept, and how many epochs it has in all.

    ``stagnation`` is after how many epochs without a better one it ends early; 0 for never.
    """

    address: str
    study: str
    epochs: int
    stagnation: int = 0


class Worker:
    """Runs epochs until the study has enough of them.

    Raises
    ------
    StorageGoneError
        When the storage does not answer any more.
    UsageError
        When the study was moved away since the search began.
    """

    def __init__(self, epochs: Epochs, place: Place) -> None:
        self._epochs, self._place = epochs, place
        self._space = plain_space(epochs.o_dimensions)
        self._known: dict[tuple[tuple[str, Any], ...], float] = {}
        self._seen: set[int] = set()
        with answering(place.address):
            storage = open_storage(place.address)
            study = join_study(storage, place.study, sampler=None)  # type: ignore[arg-type]
            study.sampler = sampler_of(epochs, int(study.user_attrs[SEED]))
        self._study = study

    def run(self, tell: Tell) -> None:
        """Run epochs, and say what each of them did."""
        while True:
            with answering(self._place.address):
                trial = self._ask()
            if trial is None:
                return
            told = self._epoch(trial)
            with answering(self._place.address):
                self._study.tell(trial, told.loss)
            tell(told)

    def _ask(self) -> Trial | None:
        """Return the next trial; none when those that run and have ended are enough."""
        if self._has_enough():
            return None
        trial = self._study.ask(self._space)
        trial.set_user_attr(OWNER, own_name())
        self._require_here(trial)
        before = self._study.get_trials(deepcopy=False)[: trial.number]
        if sum(one.state not in GIVEN_UP for one in before) >= self._place.epochs:
            self._study.tell(trial, state=TrialState.PRUNED)  # another worker was quicker
            return None
        return trial

    def _require_here(self, trial: Trial) -> None:
        """Give a trial up that was begun after the study had been moved away."""
        try:
            require_here(self._study, shown(self._place.address))
        except UsageError:
            self._study.tell(trial, state=TrialState.FAIL)
            raise

    def _has_enough(self) -> bool:
        trials = self._study.get_trials(deepcopy=False)
        self._learn(trials)
        counted = [one for one in trials if one.state not in GIVEN_UP]
        if len(counted) >= self._place.epochs:
            return True
        most = self._place.stagnation
        ended = [one.value for one in counted if one.value is not None]
        if not most or len(ended) <= most:
            return False
        return min(ended[-most:]) >= min(ended[:-most])

    def _learn(self, trials: list[Any]) -> None:
        for one in trials:
            if one.number not in self._seen and one.state is TrialState.COMPLETE:
                self._seen.add(one.number)
                self._known[_key(one.params)] = one.value

    def _epoch(self, trial: Trial) -> Told:
        params = trial.params
        known = self._known.get(_key(params))
        if known is not None:
            return Told(trial.number, params, known, None, None, repeated=True)
        try:
            made: Epoch = self._epochs.evaluate(params)
        except BaseException:
            with answering(self._place.address):
                self._study.tell(trial, state=TrialState.FAIL)
            raise
        return Told(trial.number, params, **asdict(made))


def study_at(place: Place) -> Study:
    """Open the study of a place, to look at it."""
    return join_study(open_storage(place.address), place.study, sampler=None)  # type: ignore[arg-type]


def _key(params: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(params.items()))
