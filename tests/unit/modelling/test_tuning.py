"""Tuning: later rows judge, a budget ends it, and a kill costs nothing but the trial it hit."""

import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.processes import child_environment
from plimsoll.modelling.estimators import logistic_classifier
from plimsoll.modelling.settings import TuningSettings
from plimsoll.modelling.tuning import Range, tuned
from tests.conftest import ROOT
from tests.unit.modelling.planted import REGRESSORS, class_rows, number_rows

SPACE = {"C": Range(1e-5, 10.0, log=True), "max_iter": Range(50, 60)}
CALLS: list[float] = []


def make(chosen: Mapping[str, Any]) -> Any:
    CALLS.append(chosen["C"])
    return logistic_classifier(chosen)


def search(folder: Path, trials: int = 4, rows: Any = None, **settings: Any) -> dict[str, Any]:
    CALLS.clear()
    return tuned(
        make,
        rows or class_rows(200),
        SPACE,
        TuningSettings(trials=trials, folds=2, **settings),
        storage=folder / "kept" / "journal",
        asked="test",
        classes=True,
    )


def trials_run() -> int:
    return len(dict.fromkeys(CALLS))


def test_the_best_of_the_trials_is_returned_within_its_range(tmp_path: Path) -> None:
    found = search(tmp_path)
    assert trials_run() == 4
    assert found["C"] in CALLS
    assert found["C"] > 1e-3  # the planted edge needs weights
    assert isinstance(found["max_iter"], int)
    assert 50 <= found["max_iter"] <= 60


def test_the_same_rows_are_not_searched_again_and_others_are(tmp_path: Path) -> None:
    found = search(tmp_path)
    assert search(tmp_path) == found
    assert trials_run() == 0
    search(tmp_path, rows=class_rows(200, seed=2))
    assert trials_run() == 4


def test_a_search_that_goes_on_ends_as_one_that_was_not_stopped(tmp_path: Path) -> None:
    whole = search(tmp_path / "whole")
    search(tmp_path / "halves", trials=2)
    assert search(tmp_path / "halves") == whole
    assert trials_run() == 2


KILLED = """
    import os
    from pathlib import Path
    from tests.unit.modelling import test_tuning as one

    def dies(chosen):
        one.CALLS.append(chosen["C"])
        if len(dict.fromkeys(one.CALLS)) == 3:
            os.kill(os.getpid(), 9)
        return one.logistic_classifier(chosen)

    one.make = dies
    one.search(Path(FOLDER))
"""


def test_a_search_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    script = textwrap.dedent(KILLED).replace("FOLDER", repr(str(tmp_path / "killed")))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=child_environment(), check=False
    )
    assert done.returncode == -9
    found = search(tmp_path / "killed")
    assert trials_run() == 2
    assert found == search(tmp_path / "whole")


def test_a_budget_of_seconds_ends_after_the_trial_that_spent_it(tmp_path: Path) -> None:
    search(tmp_path, trials=1000, seconds=1e-6)
    assert trials_run() == 1


def test_numbers_are_judged_by_their_squared_error(tmp_path: Path) -> None:
    found = tuned(
        lambda chosen: REGRESSORS["linear"]().set_params(**chosen),
        number_rows(300),
        {"alpha": Range(1e-2, 1e6, log=True)},
        TuningSettings(trials=5, folds=2),
        storage=tmp_path / "journal",
        asked="test",
        classes=False,
    )
    assert found["alpha"] < 1e4  # more would forget the planted return


def test_rows_in_which_no_fold_has_every_class_are_refused(tmp_path: Path) -> None:
    rows = class_rows(200)
    rows.labels[:] = np.where(np.arange(200) < 190, "flat", "up")
    with pytest.raises(PlimsollError, match="every class occurs, found none"):
        search(tmp_path, rows=rows)
