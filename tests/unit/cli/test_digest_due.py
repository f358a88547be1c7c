"""Which reviews are due."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.cli.bot_run import Wanted
from plimsoll.cli.digest_due import due_of
from plimsoll.cli.digest_run import Asked, Made, made_digest
from plimsoll.control.reviews import record_review
from plimsoll.performance.calendar_periods import Length, period_of
from tests.unit.cli.bots import make_bot
from tests.unit.performance.frames import utc


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_bot(tmp_path)


def april(folder: Path) -> Made:
    wanted = Wanted(config=(folder / "config.json",))
    return made_digest(Asked(wanted=wanted, length=Length.DAILY, day=utc("2025-04-02")))


def test_the_review_of_the_last_whole_month_is_due_until_it_is_on_record(folder: Path) -> None:
    assert april(folder).digest.due == ["the review of 2025-03 (plimsoll review --monthly)"]
    record_review(
        StateFolder(folder / "user_data/plimsoll"), datetime(2025, 4, 1, tzinfo=UTC),
        strategy="Crosses", period="2025-03", decision="keep", by="Ann", reason="as promised",
    )  # fmt: skip
    assert april(folder).digest.due == []


def test_without_a_log_nothing_is_known_to_be_due(folder: Path) -> None:
    assert due_of(None, None, period_of(Length.DAILY, utc("2025-04-02"))) == ()
