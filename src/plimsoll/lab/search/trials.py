"""The ledger of trials: how often a data set was searched, for good, killed runs included."""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optuna.study import Study
from optuna.trial import TrialState

from plimsoll.core import PlimsollError
from plimsoll.gates.places import trials_file
from plimsoll.lab.search.studies import IDENTITY, alive, best_of, own_name
from plimsoll.lab.search.worker import Place, study_at

UNDER_WAY = "under-way"
"""Beside the ledger: a file for each study that has a search under way."""
KILLED = " (killed)"


@dataclass(frozen=True, slots=True)
class Run:
    """A line of the ledger: what a run added to the trials of a data set.

    ``epochs`` are those that were evaluated in this run and lost ones with them; ``study`` tells
    the runs of one study.
    """

    command: str
    strategy: str
    data_fingerprint: str
    code_fingerprint: str
    config_fingerprint: str
    timerange: str
    epochs: int
    best_loss: float | None
    best_params: dict[str, Any] | None
    study: str = ""
    at: str = field(default_factory=lambda: f"{datetime.now(tz=UTC):%Y-%m-%dT%H:%M:%SZ}")


def runs(userdir: Path) -> list[dict[str, Any]]:
    """Return the lines of a user folder's ledger; none where it has none.

    Raises
    ------
    PlimsollError
        When a line is not JSON: the count of trials would be wrong.
    """
    file = trials_file(userdir)
    if not file.exists():
        return []
    made = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            made.append(dict(json.loads(line)))
        except ValueError:
            raise PlimsollError(
                f"expected a JSON object in line {number} of {file}, found {line[:60]!r}; restore "
                "the file: it counts the trials of your data"
            ) from None
    return made


def trials_on(userdir: Path, data_fingerprint: str) -> int:
    """Return how many trials a data set has had, by all runs together."""
    return sum(
        int(run["epochs"])
        for run in runs(userdir)
        if run.get("data_fingerprint") == data_fingerprint
    )


def add(userdir: Path, run: Run) -> None:
    """Append a run; it is on the disk when this returns."""
    file = trials_file(userdir)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        stream.write(json.dumps(asdict(run), sort_keys=True) + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def begin(userdir: Path, places: Sequence[Place], command: str, *, key: str) -> Path:
    """Note that a search is under way: if it is killed, the next one counts its trials.

    ``places`` are its studies, ``key`` is the name that they have together in the ledger.
    """
    folder = trials_file(userdir).parent / UNDER_WAY
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{key}-{os.getpid()}.json"
    studies = [[place.address, place.study] for place in places]
    noted = {"studies": studies, "command": command, "key": key, "process": own_name()}
    file.write_text(json.dumps(noted), encoding="utf-8")
    return file


def count(userdir: Path, places: Sequence[Place], command: str, *, key: str) -> int:
    """Add to the ledger what it does not have of some studies yet; return how many trials.

    They are one line, which is not written when there is nothing to add.
    """
    studies = [one for place in places if (one := _known_study(place)) is not None]
    trials = [one for study in studies for one in study.get_trials(deepcopy=False)]
    tried = sum(one.state in (TrialState.COMPLETE, TrialState.FAIL) for one in trials)
    new = tried - sum(int(run["epochs"]) for run in runs(userdir) if run.get("study") == key)
    if new <= 0:
        return 0
    known = studies[0].user_attrs[IDENTITY]
    best = best_of(trials)
    add(
        userdir,
        Run(
            command=command,
            strategy=known["strategy"],
            data_fingerprint=known["data"],
            code_fingerprint=known["code"],
            config_fingerprint=known["config"],
            timerange=known["timerange"],
            epochs=new,
            best_loss=None if best is None else best.value,
            best_params=None if best is None else best.params,
            study=key,
        ),
    )
    return new


def _known_study(place: Place) -> Study | None:
    """Return a study that has begun; `None` for one that was killed before it did."""
    if "://" not in place.address and not Path(place.address).exists():
        return None
    try:
        study = study_at(place)
    except KeyError:
        return None
    return study if IDENTITY in study.user_attrs else None


def count_killed(userdir: Path) -> Iterator[str]:
    """Count the trials of searches that were killed; yield a sentence for each.

    One whose storage does not answer is left for the next time.
    """
    for file in sorted((trials_file(userdir).parent / UNDER_WAY).glob("*.json")):
        noted = json.loads(file.read_text(encoding="utf-8"))
        if alive(noted["process"]) is not False:
            continue
        places = [Place(address, study, 0) for address, study in noted["studies"]]
        key = noted["key"]
        try:
            new = count(userdir, places, noted["command"] + KILLED, key=key)
        except PlimsollError as error:
            yield f"the trials of {key}, which was killed, are not counted yet: {error}"
            continue
        file.unlink(missing_ok=True)
        yield f"counted {new} trials of {key}, which was killed"
