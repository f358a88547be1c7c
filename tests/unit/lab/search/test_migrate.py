"""Studies are moved whole or not at all, and a search goes on where it was."""

import json
import os
import signal
import socket
import sqlite3
from contextlib import closing
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.samplers import NSGAIISampler
from optuna.trial import FrozenTrial, Trial, TrialState
from typer.testing import CliRunner

from plimsoll.cli import app
from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.search import migrate as module
from plimsoll.lab.search import trials
from plimsoll.lab.search.identity import Identity
from plimsoll.lab.search.migrate import migrate_studies
from plimsoll.lab.search.run import SearchRequest, Watcher, search
from plimsoll.lab.search.sampling import SampledByNumber
from plimsoll.lab.search.storage import open_storage
from plimsoll.lab.search.studies import MOVED, OWNER, UID, fail_lost, open_study, own_name
from plimsoll.lab.search.study_record import record_of
from tests.support.postgres import PostgresServer
from tests.support.search_ground import SearchGround

IDENTITY = Identity("TrendFollow", "20250601-", "SharpeHyperOptLoss", "d", "c", "f", "s")
GONE = f"{socket.gethostname()}/999999999/1.00"
STATES = {"COMPLETE": 6, "FAIL": 1, "PRUNED": 1, "RUNNING": 1, "WAITING": 1}
QUIET = Watcher(lambda _: None, lambda _: None)


def objective(trial: Trial) -> float:
    trial.set_user_attr(OWNER, own_name())
    trial.report(0.5, 3)
    found = trial.suggest_float("x", -1.0, 1.0) + trial.suggest_int("y", 2, 20, step=2)
    return found + {"a": 0.1, "b": 0.0}[str(trial.suggest_categorical("z", ["a", "b"]))]


def sampler() -> SampledByNumber:
    """Freqtrade's kind of sampler, with generations of two."""
    return SampledByNumber(lambda seed: NSGAIISampler(population_size=2, seed=seed), 7)


def opened(address: str, name: str = "a") -> optuna.Study:
    return open_study(open_storage(address), name, IDENTITY, seed=1, address=address)


def searched(address: str, name: str = "a", epochs: int = 6) -> optuna.Study:
    study = opened(address, name)
    study.sampler = sampler()
    study.optimize(objective, n_trials=epochs)
    return study


def with_every_state(study: optuna.Study) -> None:
    """Leave trials as killed searches and other workers leave them."""
    study.tell(study.ask(), state=TrialState.FAIL)
    study.tell(study.ask(), state=TrialState.PRUNED)
    study.ask().set_user_attr(OWNER, GONE)
    study.enqueue_trial({"x": 0.25})


def said(trial: FrozenTrial) -> dict[str, Any]:
    """Everything of a trial but the id that it has in one storage alone."""
    known = {name: getattr(trial, name) for name in ("number", "state", "values", "params")}
    names = ("distributions", "user_attrs", "system_attrs", "intermediate_values")
    times = ("datetime_start", "datetime_complete")
    return known | {name: getattr(trial, name) for name in (*names, *times)}


@pytest.fixture
def source(tmp_path: Path) -> str:
    """A journal with a study that has trials of every state."""
    address = str(tmp_path / "a.journal")
    with_every_state(searched(address))
    return address


@pytest.fixture
def target(postgres: PostgresServer) -> str:
    return postgres.url(postgres.new_database())


def made(address: str) -> bool:
    """Whether a storage has a study; a file that is not there is not made by asking."""
    if "://" not in address:
        return Path(address).exists()
    return bool(optuna.get_all_study_names(open_storage(address)))


@pytest.mark.parametrize("way", [("journal", "server"), ("server", "file"), ("file", "journal")])
def test_every_value_is_the_same(
    source: str, target: str, tmp_path: Path, way: tuple[str, str]
) -> None:
    places = {"journal": source, "server": target, "file": f"sqlite:///{tmp_path / 'b.sqlite'}"}
    if way[0] != "journal":
        searched(places[way[0]], "before")  # so that trials have other ids here
        migrate_studies(source, places[way[0]])
    end = str(tmp_path / "c.journal") if way[1] == "journal" else places[way[1]]
    before = opened(places[way[0]])
    done = migrate_studies(places[way[0]], end, ["a"])
    after = opened(end)
    assert [said(one) for one in after.trials] == [said(one) for one in before.trials]
    kept = {key: value for key, value in after.user_attrs.items() if key != MOVED}
    assert kept == {key: value for key, value in before.user_attrs.items() if key != MOVED}
    assert (after.directions, UID in after.user_attrs) == (before.directions, True)
    [one] = done.studies
    assert (one.trials, dict(one.states), one.there_before) == (10, STATES, False)
    assert one.best == before.best_value
    assert fail_lost(after) == 1, "the killed trial is given up there as it would have been here"


def test_a_search_goes_on_as_if_it_had_not_been_moved(
    tmp_path: Path, target: str, source: str
) -> None:
    """Its parents are the same trials: Optuna's own copy keeps ids, which are others there."""
    migrate_studies(source, target)
    address = str(tmp_path / "whole.journal")
    whole = searched(address, "whole", 11)
    part = searched(str(tmp_path / "part.journal"), "whole", 7)
    migrate_studies(str(tmp_path / "part.journal"), target)
    on = searched(target, "whole", 4)
    assert [one.params for one in on.trials] == [one.params for one in whole.trials]
    assert [one.number for one in on.trials] == list(range(11))
    assert on.user_attrs[UID] == part.user_attrs[UID]
    generations = [
        name for name in on._storage.get_study_system_attrs(on._study_id) if ":parent:" in name
    ]
    assert len(generations) > 2, "or nothing was tried here"


def test_a_real_search_counts_on_after_the_move_and_not_where_it_was(
    ground: SearchGround, tmp_path: Path, target: str
) -> None:
    begun = SearchRequest(
        ground.arguments(epochs=3), workers=1, storage=str(tmp_path / "a.journal"), study="a"
    )
    whole = replace(
        begun, arguments=ground.arguments(epochs=5), storage=str(tmp_path / "whole.journal")
    )
    expected = search(whole, QUIET)
    counted = trials.trials_on(ground.userdir, expected.identity.data)
    search(begun, QUIET)
    migrate_studies(str(begun.storage), target)
    with pytest.raises(UsageError, match=r"was moved to postgresql://.*: go on there"):
        search(replace(begun, arguments=ground.arguments(epochs=5)), QUIET)
    there = search(replace(whole, storage=target), QUIET)
    assert (there.epochs, there.epochs_now) == (5, 2)
    assert there.best_params == expected.best_params
    assert there.trials_on_data == counted + 5
    again = migrate_studies(str(begun.storage), target)
    assert again.studies[0].there_before, "it may be said again after it has gone on there"
    assert again.trials == 5


def test_it_may_be_said_again_and_goes_back_when_nothing_has_happened(
    source: str, target: str
) -> None:
    first = migrate_studies(source, target)
    again = migrate_studies(source, target)
    assert (again.studies[0].there_before, again.trials) == (True, first.trials)
    back = migrate_studies(target, source)
    assert back.studies[0].digest == first.studies[0].digest
    opened(source)
    with pytest.raises(UsageError, match="was moved to"):
        opened(target)


def test_one_that_went_on_does_not_go_back_over_what_it_was(source: str, target: str) -> None:
    migrate_studies(source, target)
    searched(target, epochs=2)  # one of them is the trial that waited
    with pytest.raises(PlimsollError, match=r"another study a: 11 trials there, 10 here"):
        migrate_studies(target, source)


def test_another_study_of_the_name_is_refused_and_nothing_of_the_rest_is_kept(
    source: str, target: str, tmp_path: Path
) -> None:
    searched(str(tmp_path / "0.journal"), "0")
    other = searched(target, epochs=2)
    before = record_of(open_storage(target), "a")
    with pytest.raises(PlimsollError, match="the target has another study a: 10 trials there, 2"):
        migrate_studies(str(tmp_path), target)
    assert optuna.get_all_study_names(open_storage(target)) == ["a"]
    assert record_of(open_storage(target), "a") == before
    assert MOVED not in other.user_attrs
    opened(source)
    opened(str(tmp_path / "0.journal"), "0")


def test_a_folder_of_journals_is_moved_together(source: str, target: str, tmp_path: Path) -> None:
    searched(str(tmp_path / "b.journal"), "b", 2)
    done = migrate_studies(str(tmp_path), target)
    assert [(one.name, one.trials) for one in done.studies] == [("a", 10), ("b", 2)]
    assert done.trials == 12


def test_a_study_that_is_being_searched_is_refused(source: str, target: str) -> None:
    opened(source).ask().set_user_attr(OWNER, own_name())
    with pytest.raises(PlimsollError, match=r"is being searched \(trial 10 runs\)"):
        migrate_studies(source, target)
    assert not made(target)


def test_a_study_that_is_written_meanwhile_is_refused(
    source: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = optuna.copy_study

    def copied(**all_of_it: Any) -> None:
        copy(**all_of_it)
        opened(source).ask()

    monkeypatch.setattr(module.optuna, "copy_study", copied)
    with pytest.raises(PlimsollError, match="was written while it was copied"):
        migrate_studies(source, target)
    assert not made(target)
    opened(source)


def test_a_copy_that_differs_is_not_kept(
    source: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_same_parents", lambda *_: None)
    searched(target, "before", 3)
    with pytest.raises(PlimsollError, match="a value of it is another one; nothing was kept"):
        migrate_studies(source, target)
    assert optuna.get_all_study_names(open_storage(target)) == ["before"]


def killed_after(step: str, source: str, target: str) -> None:
    """Move, and be killed when a step of it has ended; in a process of its own."""
    inner = getattr(module, step)

    def outer(*all_of_it: Any) -> None:
        inner(*all_of_it)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, step, outer)
    migrate_studies(source, target)


@pytest.mark.parametrize(
    ("end", "after"),
    [("server", "_same_parents"), ("file", "_same_parents"), ("journal", "_leave_word")],
)
def test_a_kill_leaves_nothing_half_and_it_is_run_again(
    source: str, target: str, tmp_path: Path, end: str, after: str
) -> None:
    """After the last trial was copied, and after the source was told, before it is kept."""
    files = {"file": f"sqlite:///{tmp_path / 'b.sqlite'}", "journal": str(tmp_path / "b.journal")}
    address = files.get(end, target)
    killed = get_context("fork").Process(target=killed_after, args=(after, source, address))
    killed.start()
    killed.join(120)
    assert killed.exitcode == -signal.SIGKILL
    assert not made(address)
    if after == "_leave_word":
        with pytest.raises(UsageError, match="run plimsoll db migrate-studies again"):
            opened(source)
    done = migrate_studies(source, address)
    assert (done.trials, dict(done.studies[0].states)) == (10, STATES)
    opened(address)
    assert not list(tmp_path.glob(".b*")), "what the killed one left is away"


@pytest.mark.parametrize(
    ("begin", "end", "said_of_it"),
    [
        ("gone.journal", "b.journal", "expected a storage with studies at gone.journal"),
        ("sqlite:///gone.sqlite", "b.journal", "found none"),
        (".", "b.journal", r"expected a storage with studies at \."),
        ("mysql://a@b/c", "b.journal", "expected sqlite:///FILE or postgresql"),
        ("kept/a.journal", "kept/../kept/a.journal", "twice"),
        ("kept/a.journal", "mysql://b/c", "expected sqlite:///FILE or postgresql"),
        ("kept/a.journal", "postgresql://ada:secret@127.0.0.1:1/x", "found none"),
        ("postgresql://ada:secret@127.0.0.1:1/x", "b.journal", "cannot be read: connection"),
        ("sqlite:///bot.sqlite", "b.journal", "found none"),
        ("kept", "kept", "cannot be used as a journal"),
    ],
)
def test_an_address_that_cannot_be_meant_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begin: str, end: str, said_of_it: str
) -> None:
    monkeypatch.chdir(tmp_path)
    searched(str(tmp_path / "kept" / "a.journal"), epochs=1)
    with closing(sqlite3.connect("bot.sqlite")) as bot:
        bot.execute("CREATE TABLE trades (id INTEGER)")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match=said_of_it) as raised:
        migrate_studies(begin, end)
    assert "secret" not in str(raised.value)
    assert sorted(tmp_path.rglob("*")) == before, "and nothing was made"
    opened(str(tmp_path / "kept" / "a.journal"))


def test_a_name_that_is_none_a_file_that_is_there_and_one_name_twice(
    source: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="expected a study x"):
        migrate_studies(source, str(tmp_path / "b.journal"), ["x"])
    other = searched(str(tmp_path / "other" / "b.journal"), "b", 1)
    with pytest.raises(PlimsollError, match="found one without the study a"):
        migrate_studies(source, str(tmp_path / "other" / "b.journal"))
    assert len(other.trials) == 1
    searched(str(tmp_path / "twice.journal"), "a", 1)
    with pytest.raises(UsageError, match="the study a is in"):
        migrate_studies(str(tmp_path), str(tmp_path / "c.journal"))


def test_one_that_was_moved_away_is_not_moved_from_here_again(
    source: str, target: str, tmp_path: Path
) -> None:
    migrate_studies(source, target)
    with pytest.raises(PlimsollError, match=r"was moved to postgresql://.*: move it"):
        migrate_studies(source, str(tmp_path / "c.journal"))
    assert not (tmp_path / "c.journal").exists()


def test_one_storage_by_two_addresses_stays_what_it_was(
    source: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate_studies(source, target)
    monkeypatch.setattr(module, "_name", lambda address: address)
    with pytest.raises(UsageError, match="in both: they are one"):
        migrate_studies(target, target.replace("127.0.0.1", "localhost"))
    opened(target)


def test_the_command_says_what_it_moved(source: str, target: str) -> None:
    words = ["db", "migrate-studies", "--from", source, "--to", target]
    done = CliRunner().invoke(app, [*words, "--study", "a", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["trials"], told["target"]) == (10, target)
    [one] = told["studies"]
    assert (one["name"], one["source"], one["states"]) == ("a", source, STATES)
    assert not one["there_before"]
    again = CliRunner().invoke(app, words)
    assert "a  10 trials, best " in again.output
    assert "moved before" in again.output
    assert f"go on with --storage {target}" in again.output


def test_the_word_is_taken_back_when_a_new_journal_cannot_be_put_in_its_place(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")  # a file system without hard links

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", refused)
        with pytest.raises(PlimsollError, match="not permitted"):
            migrate_studies(source, str(tmp_path / "b.journal"))
    opened(source)
    assert migrate_studies(source, str(tmp_path / "c.journal")).trials == 10


@pytest.mark.parametrize("end", ["server", "file"])
def test_the_word_is_taken_back_when_a_database_fails_after_it_was_left(
    source: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    address = {"server": target, "file": f"sqlite:///{tmp_path / 'b.sqlite'}"}[end]

    def failed(_: optuna.Study) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(module, "_settle", failed)
        with pytest.raises(PlimsollError, match="No space left"):
            migrate_studies(source, address)
    assert not made(address)
    opened(source)


def test_the_word_stays_where_the_target_has_the_study_after_all(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failed(path: Path) -> None:
        if path.is_dir():  # the journal is in its place by then
            raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("plimsoll.lab.search.new_journal.synced", failed)
        with pytest.raises(PlimsollError, match="output error"):
            migrate_studies(source, str(tmp_path / "b.journal"))
    with pytest.raises(UsageError, match="was moved to"):
        opened(source)
    assert migrate_studies(source, str(tmp_path / "b.journal")).studies[0].there_before


def test_of_two_moves_of_one_study_at_once_one_is_refused(
    source: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both would go on there, and their trials would be counted as those of one."""
    copy = optuna.copy_study

    def copied(**all_of_it: Any) -> None:
        monkeypatch.setattr(module.optuna, "copy_study", copy)
        copy(**all_of_it)
        migrate_studies(source, str(tmp_path / "b.journal"))

    monkeypatch.setattr(module.optuna, "copy_study", copied)
    with pytest.raises(PlimsollError, match=r"was moved to .*b\.journal: move it from there"):
        migrate_studies(source, target)
    assert not made(target)
    opened(str(tmp_path / "b.journal"))
