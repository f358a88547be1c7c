"""The dead-man timer is set only where no stop can be lost by it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import PlimsollError
from plimsoll.monitoring.profile import WatchProfile
from plimsoll.monitoring.store import Note, Store
from plimsoll.monitoring.timer import Timer, entries_alone
from tests.unit.monitoring.sights import BTC, ENTRY, ETH, NOON, STOP, account, books, sight

TIMED = WatchProfile.model_validate({"dead_man_seconds": 60})


class Armed:
    """What the exchange was told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, float]] = []
        self.refuses = False

    def arm_timer(self, pair: str, seconds: float) -> None:
        if self.refuses:
            raise PlimsollError("no such endpoint")
        self.told.append((pair, seconds))


@pytest.mark.parametrize(
    ("changes", "pairs"),
    [
        ({"orders": (STOP, ENTRY)}, {ETH}),
        ({"orders": (STOP, replace(ENTRY, pair=BTC))}, set()),
        ({"orders": (replace(STOP, pair=ETH), ENTRY)}, set()),
        ({"orders": (replace(ENTRY, conditional=True),)}, set()),
        ({"orders": ()}, set()),
    ],
)
def test_only_pairs_with_nothing_but_entries_are_timed(
    changes: dict[str, Any], pairs: set[str]
) -> None:
    assert entries_alone(books(**changes)) == pairs


def test_a_timer_is_renewed_while_all_is_well_and_taken_back_with_a_position(
    tmp_path: Path,
) -> None:
    store, exchange = Store(tmp_path, []), Armed()
    timer = Timer(TIMED, exchange, store)  # type: ignore[arg-type]
    resting = sight(account=account(orders=(STOP, ENTRY)))
    timer.renew(resting, is_well=True)
    timer.renew(resting, is_well=True)
    timer.renew(resting, is_well=False)
    assert exchange.told == [(ETH, 60.0), (ETH, 60.0)]
    timer.renew(sight(account=account(orders=(STOP,))), is_well=False)
    assert exchange.told[-1] == (ETH, 0.0)
    exchange.refuses = True
    timer.renew(replace(resting, at=NOON + timedelta(seconds=9)), is_well=True)
    store.close()
    text = b"".join(file.read_bytes() for file in (tmp_path / "journal").glob("*.jsonl"))
    assert text.count(Note.TIMER.encode()) >= 3
    assert b"no such endpoint" in text


def test_without_a_profile_that_says_so_nothing_is_timed(tmp_path: Path) -> None:
    store, exchange = Store(tmp_path, []), Armed()
    Timer(WatchProfile(), exchange, store).renew(  # type: ignore[arg-type]
        sight(account=account(orders=(ENTRY,))), is_well=True
    )
    store.close()
    assert exchange.told == []
