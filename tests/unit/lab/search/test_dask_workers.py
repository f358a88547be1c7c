"""Workers of Dask against a real PostgreSQL: two processes that share one search."""

from pathlib import Path

import pytest
from optuna.trial import TrialState

from plimsoll.core import UsageError
from plimsoll.lab.processes import free_port
from plimsoll.lab.search.dask_workers import search_by_dask
from plimsoll.lab.search.run import SearchRequest, Watcher, search
from plimsoll.lab.search.storage import StorageGoneError, answering, open_storage
from plimsoll.lab.search.studies import OWNER
from plimsoll.lab.search.worker import Place, Told, study_at
from tests.support.dask_cluster import dask_cluster
from tests.support.postgres import serve_postgres
from tests.support.search_ground import SearchGround

EPOCHS = 60
SEARCH_EXTRA = "the extra `search` is not installed"


def test_two_workers_share_one_search_on_postgres(ground: SearchGround, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason=SEARCH_EXTRA)
    pytest.importorskip("psycopg", reason=SEARCH_EXTRA)
    said, told = list[str](), list[Told]()
    with serve_postgres() as storage, dask_cluster(tmp_path, 2) as dask:
        # Slow epochs: a worker that is ready first leaves some to the other.
        slow = ("--random-state", "5", "--analyze-per-epoch")
        arguments = ground.arguments(*slow, epochs=EPOCHS)
        request = SearchRequest(arguments, storage=storage, study="shared", dask=dask)
        outcome = search(request, Watcher(said.append, told.append))
        trials = study_at(Place(storage, "shared", EPOCHS)).trials
        other = ground.arguments(*slow, timerange="20250604-20250608")
        elsewhere = SearchRequest(other, storage=storage, study="shared")
        with pytest.raises(UsageError, match="its timerange differs"):
            search(elsewhere, Watcher(said.append, told.append))
    ended = [one for one in trials if one.state is TrialState.COMPLETE]
    assert len({one.user_attrs[OWNER] for one in ended}) == 2
    assert outcome.epochs == len(ended) == len(told) == EPOCHS
    assert outcome.confirmation is not None
    assert outcome.confirmation.confirmed
    assert "2 Dask workers" in said


def test_a_storage_that_goes_away_is_one_line() -> None:
    pytest.importorskip("psycopg", reason=SEARCH_EXTRA)
    with serve_postgres() as storage:
        opened = open_storage(storage)
        opened.get_all_studies()
    gone = pytest.raises(StorageGoneError, match="does not answer any more")
    with gone as caught, answering(storage):
        opened.get_all_studies()
    assert "\n" not in str(caught.value)


def test_workers_elsewhere_need_a_storage_that_they_reach(tmp_path: Path) -> None:
    place = Place(str(tmp_path / "a.journal"), "a", 1)
    with pytest.raises(UsageError, match="pass --storage postgresql://"):
        search_by_dask((), "tcp://127.0.0.1:1", place, tell=pytest.fail, say=pytest.fail)


def test_a_scheduler_that_nobody_runs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason=SEARCH_EXTRA)
    monkeypatch.setattr("plimsoll.lab.search.dask_workers.CONNECT_SECONDS", 1)
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(UsageError, match="no Dask scheduler answers at"):
        search_by_dask(
            (), address, Place("postgresql://h/d", "a", 1), tell=pytest.fail, say=pytest.fail
        )
