"""The folders of the demo's runs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from plimsoll.control.bot import rest_client
from plimsoll.lab.demo import DemoAccount, DemoPlan, _crash, _see_it_flat, run_folder
from plimsoll.lab.pace import Pace
from tests.ports import free_port

if TYPE_CHECKING:
    from plimsoll.lab.venue import Venue

NOW = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


def runs(out: Path, count: int) -> list[Path]:
    """Make the folders of so many runs, a minute apart."""
    made = []
    for minute in range(count):
        folder = run_folder(out, NOW + timedelta(minutes=minute))
        folder.mkdir(parents=True)
        (folder / "report.html").write_text("a report", encoding="utf-8")
        made.append(folder)
    return made


def test_a_run_gets_a_folder_that_nobody_has_made_yet(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "out", NOW)
    assert folder.parent == tmp_path / "out" / "runs"
    assert folder.name.startswith("20250102-030405-")
    assert not folder.exists()


def test_two_runs_of_one_second_get_two_folders(tmp_path: Path) -> None:
    assert run_folder(tmp_path, NOW) != run_folder(tmp_path, NOW)


def test_five_runs_are_kept_and_the_oldest_goes(tmp_path: Path) -> None:
    made = runs(tmp_path, 7)
    assert [folder.exists() for folder in made] == [False, False, True, True, True, True, True]


def test_what_is_no_run_is_never_removed(tmp_path: Path) -> None:
    mine = tmp_path / "runs" / "0-my-notes"
    mine.mkdir(parents=True)
    runs(tmp_path, 7)
    assert mine.exists()


@dataclass
class Clock:
    """What the demo asks of a venue: a time, and a speed that nothing comes of."""

    def now_ms(self) -> int:
        return int(NOW.timestamp() * 1000)

    def set_speed(self, speed: float) -> None:
        del speed

    def start_scenario(self, name: str, **options: object) -> None:
        del name, options


def demo(tmp_path: Path) -> DemoAccount:
    plan = DemoPlan(crash_seconds=0.3, flat_seconds=0.3, strike_rest_seconds=0.1, patience_hours=0)
    return DemoAccount(plan, tmp_path, lambda step: None)


def test_a_bot_that_does_not_answer_is_not_taken_for_flat(tmp_path: Path) -> None:
    account, bot = demo(tmp_path), rest_client(f"http://127.0.0.1:{free_port()}", "x", "y")
    _see_it_flat(account, cast("Venue", Clock()), bot, since=NOW)
    [step] = account.steps
    assert not step.ok
    assert step.text.startswith("guard: an unknown number of positions open")


def test_a_guard_that_did_not_fire_is_said_and_is_not_ok(tmp_path: Path) -> None:
    account, bot = demo(tmp_path), rest_client(f"http://127.0.0.1:{free_port()}", "x", "y")
    clock = Clock()
    pace = Pace(clock.set_speed, clock.now_ms, lambda: None, most=120)
    _crash(account, cast("Venue", clock), bot, pace)
    assert account.steps[-1].text == "guard: did not fire within the time given"
    assert not account.ok
