from pathlib import Path

import pytest

from plimsoll.archive.lock import sole_writer
from plimsoll.core import PlimsollError, UsageError


def test_a_second_backfill_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    with (
        sole_writer(tmp_path),
        pytest.raises(PlimsollError, match="another backfill is writing"),
        sole_writer(tmp_path),
    ):
        raise AssertionError("two writers")
    with sole_writer(tmp_path):
        pass


def test_a_lock_ends_with_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), sole_writer(tmp_path):
        raise ZeroDivisionError
    with sole_writer(tmp_path):
        pass


def test_a_place_that_is_no_folder_is_wrong_usage(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(UsageError, match="give another --datadir"), sole_writer(file):
        raise AssertionError("a lock in a file")
