"""Jobs in forks: as many at once as asked, and begun again when killed."""

import os
import signal
import time
from pathlib import Path

import pytest

from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.walk_forward.jobs import in_forks


def test_each_job_says_what_it_made() -> None:
    jobs = {f"job {number}": (lambda number=number: number**2) for number in range(5)}
    assert dict(in_forks(jobs, at_once=2, say=pytest.fail)) == {
        f"job {number}": number**2 for number in range(5)
    }


def test_no_more_run_at_once_than_asked(tmp_path: Path) -> None:
    def job(number: int) -> int:
        mine = tmp_path / str(number)
        mine.touch()
        time.sleep(0.15)
        running = len(list(tmp_path.iterdir()))
        mine.unlink()
        return running

    jobs = {str(number): (lambda number=number: job(number)) for number in range(4)}
    assert max(dict(in_forks(jobs, at_once=2, say=pytest.fail)).values()) <= 2


def test_a_job_that_is_killed_begins_again(tmp_path: Path) -> None:
    begun = tmp_path / "begun"

    def job() -> str:
        if not begun.exists():
            begun.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return "ended"

    said = list[str]()
    assert dict(in_forks({"window 0": job}, at_once=1, say=said.append)) == {"window 0": "ended"}
    assert said == ["window 0 was killed (status -9): it begins again"]


def test_a_job_that_is_killed_again_and_again_is_an_error() -> None:
    with pytest.raises(PlimsollError, match="window 0 was killed 3 times"):
        list(in_forks({"window 0": lambda: os._exit(9)}, at_once=1, say=lambda _: None))


def test_what_a_job_raises_is_one_line_with_its_name() -> None:
    def refuses() -> None:
        raise UsageError("no data")

    with pytest.raises(UsageError, match=r"^window 1: no data$"):
        list(in_forks({"window 1": refuses}, at_once=1, say=pytest.fail))
    with pytest.raises(PlimsollError, match="window 2: ZeroDivisionError"):
        list(in_forks({"window 2": lambda: 1 / 0}, at_once=1, say=pytest.fail))
