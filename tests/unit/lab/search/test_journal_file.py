"""A journal in one file: shared by processes, and whole whatever kills its writers."""

import json
import multiprocessing
import os
import signal
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from plimsoll.lab.search.journal_file import JournalFile


def lines(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines()


def log(number: int) -> dict[str, object]:
    return {"op_code": 0, "number": number}


def test_lines_are_read_from_any_number(tmp_path: Path) -> None:
    journal = JournalFile(tmp_path / "a.journal")
    journal.append_logs([log(n) for n in range(3)])
    assert [one["number"] for one in journal.read_logs(0)] == [0, 1, 2]
    assert list(journal.read_logs(3)) == []
    journal.append_logs([log(3)])
    assert [one["number"] for one in journal.read_logs(3)] == [3]
    assert [one["number"] for one in journal.read_logs(1)] == [1, 2, 3]


def test_what_a_killed_writer_tore_is_cut_off_before_the_next_line(tmp_path: Path) -> None:
    file = tmp_path / "a.journal"
    journal = JournalFile(file)
    journal.append_logs([log(0)])
    with file.open("ab") as torn:
        torn.write(b'{"op_code":0,"num')
    assert [one["number"] for one in JournalFile(file).read_logs(0)] == [0]
    journal.append_logs([log(1)])
    assert [json.loads(line)["number"] for line in lines(file)] == [0, 1]


def test_a_line_that_another_is_writing_is_read_once_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.journal"
    journal = JournalFile(file)
    file.write_bytes(b'{"op_code":0,"number":0}\n{"op_code":0,')
    assert [one["number"] for one in journal.read_logs(0)] == [0]
    with file.open("ab") as rest:
        rest.write(b'"number":1}\n')
    assert [one["number"] for one in journal.read_logs(1)] == [1]


def hold_and_die(file: Path) -> None:
    import fcntl

    descriptor = os.open(file, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.kill(os.getpid(), signal.SIGKILL)


def test_the_lock_of_a_killed_writer_holds_nobody_up(tmp_path: Path) -> None:
    file = tmp_path / "a.journal"
    journal = JournalFile(file)
    killed = multiprocessing.get_context("fork").Process(target=hold_and_die, args=(file,))
    killed.start()
    killed.join(10)
    assert killed.exitcode == -signal.SIGKILL
    journal.append_logs([log(0)])
    assert len(lines(file)) == 1


def append(file: Path, first: int) -> None:
    journal = JournalFile(file)
    for number in range(first, first + 200):
        journal.append_logs([log(number)])


def test_no_line_of_several_writers_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "a.journal"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=append, args=(file, first)) for first in (0, 200, 400)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(30)
    numbers = sorted(one["number"] for one in JournalFile(file).read_logs(0))
    assert numbers == list(range(600))


def test_a_file_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    journal = JournalFile(tmp_path / "a.journal")
    (tmp_path / "a.journal").unlink()
    with pytest.raises(OSError, match=r"a\.journal"):
        journal.append_logs([log(0)])
    assert not (tmp_path / "a.journal").exists()


def test_optuna_reads_it_with_its_own_backend(tmp_path: Path) -> None:
    file = tmp_path / "a.journal"
    study = optuna.create_study(storage=JournalStorage(JournalFile(file)), study_name="a")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    own = JournalStorage(JournalFileBackend(str(file)))
    read = optuna.load_study(storage=own, study_name="a")
    assert [one.params for one in read.trials] == [one.params for one in study.trials]


def test_a_line_of_which_the_disk_takes_a_part_is_written_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, text: write(file, text[:5]))
    journal = JournalFile(tmp_path / "a.journal")
    journal.append_logs([log(0)])
    journal.append_logs([log(1)])
    assert [one["number"] for one in journal.read_logs(0)] == [0, 1]


def test_a_full_disk_is_said_and_half_a_line_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, journal = os.write, JournalFile(tmp_path / "a.journal")

    def filled(file: int, text: memoryview) -> int:
        if len(text) < 10:
            raise OSError(28, "No space left on device")
        return write(file, text[:9])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", filled)
        with pytest.raises(OSError, match="No space left"):
            journal.append_logs([log(0)])
    journal.append_logs([log(1)])
    assert [one["number"] for one in journal.read_logs(0)] == [1]
