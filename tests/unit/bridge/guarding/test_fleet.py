"""A bot of a fleet, as Freqtrade runs it, beside another one that says what a test lets it say."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import nan
from pathlib import Path
from typing import Any

import pytest
import time_machine
from freqtrade.exceptions import OperationalException

from plimsoll.bridge.config.fleet_file import read_fleet
from plimsoll.bridge.guarding.fleet import FleetWatch
from plimsoll.bridge.state import fleet_folder, recorder, registry
from plimsoll.bridge.state.fleet_folder import REPORT, FleetFolder
from plimsoll.core import Mode
from tests.unit.bridge.bots import BTC, ETH, NOON, Bot, entry, open_trade, running_bot

FIVE = timedelta(seconds=5)
LIMITS = {
    "max_daily_loss_fraction": 0.1,
    "drawdown_reduce_fraction": 0.05,
    "drawdown_halt_fraction": 0.1,
    "max_correlation": 1.0,
}
OTHER: dict[str, Any] = {
    "name": "carry",
    "account": "paper of carry",
    "capital_usd": 10_000.0,
    "profit_usd": 0.0,
    "mode": "ACTIVE",
    "positions": [],
    "windows": {},
}


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    yield
    fleet_folder.release()
    registry.release()


@pytest.fixture
def folder(tmp_path: Path) -> FleetFolder:
    return FleetFolder(tmp_path / "main.fleet")


@contextmanager
def bot_of_fleet(place: Path, **changed: Any) -> Iterator[Bot]:
    """Run the bot `trend` of a fleet of two; a second call restarts it."""
    file = place / "fleet.json"
    if not file.exists():
        write_fleet(place)
    section = {
        "risk": {"live_breach_observations": 1, "max_correlation": 1.0},
        "fleet": {"file": str(file), "bot": "trend"},
        **changed,
    }
    place.joinpath("bot").mkdir(exist_ok=True)
    try:
        with running_bot(place / "bot", plimsoll=section) as bot:
            yield bot
    finally:
        log = recorder._open.pop(place / "bot" / "plimsoll" / "decisions", None)
        if log is not None:
            log.close()
        fleet_folder.release()
        registry.release()


def say(folder: FleetFolder, now: datetime = NOON, **changed: Any) -> None:
    file = folder.path.parent / "fleet.json"
    if not file.exists():
        write_fleet(folder.path.parent)
    said = {"fleet": read_fleet(file).digest, "as_of": now.isoformat()}
    folder.write(REPORT, "carry", {**OTHER, **said, **changed})


def write_fleet(place: Path) -> Path:
    bots = [{"name": "trend"}, {"name": "carry"}]
    file = place / "fleet.json"
    file.write_text(json.dumps({"name": "main", "bots": bots, "risk": LIMITS}))
    return file


def held(bot: Bot) -> dict[str, Mode]:
    return {rule: one.mode for (rule, _), one in bot.strategy._session.looks_after.held.items()}


def fleet_of(bot: Bot) -> dict[str, Any]:
    said = bot.strategy._session._folder.status()
    assert said is not None
    return dict(said["fleet"])


def entering(bot: Bot) -> bool:
    for pair in (BTC, ETH):
        bot.price(pair, 100.0)
    return entry(bot.strategy, datetime.now(NOON.tzinfo))


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as moved:
        yield moved


def test_the_loss_of_another_bot_halts_this_one_and_it_stays_halted(
    tmp_path: Path, folder: FleetFolder, clock: Any
) -> None:
    say(folder)
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
        assert fleet_of(bot)["equity_usd"] == 20_000.0
        assert held(bot) == {}
        assert entering(bot)
        say(folder, profit_usd=-2_100.0)
        clock.move_to(NOON + FIVE)
        bot.loop(NOON + FIVE)
        assert held(bot) == {"fleet": Mode.HALTED}
        (halt,) = folder.halts()
        assert halt.by == "trend"
        assert halt.value == pytest.approx(0.105)
        say(folder)  # the loss is made good
        clock.move_to(NOON + 2 * FIVE)
        bot.loop(NOON + 2 * FIVE)
        assert held(bot) == {"fleet": Mode.HALTED}
        assert not entering(bot)


def test_a_bot_that_was_dead_is_halted_at_its_start_and_closes(
    tmp_path: Path, folder: FleetFolder, clock: Any
) -> None:
    folder.raise_halt(NOON, "carry", "drawdown: it fell")
    say(folder)
    with bot_of_fleet(tmp_path) as bot:
        open_trade(NOON - timedelta(hours=1))
        bot.loop(NOON)
        assert held(bot) == {"fleet": Mode.HALTED}
        assert bot.strategy._session.exit_rule(BTC, NOON) == "fleet"


@pytest.mark.parametrize("lost", ["nothing", "database", "state folder", "fleet folder", "both"])
def test_a_halt_outlives_a_restart_and_what_is_lost(
    tmp_path: Path, folder: FleetFolder, clock: Any, lost: str
) -> None:
    halt = folder.raise_halt(NOON, "carry", "drawdown: it fell")
    say(folder)
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
    if lost in ("database", "both"):
        for file in (tmp_path / "bot").glob("bot.sqlite*"):
            file.unlink()
    if lost in ("state folder", "both"):
        shutil.rmtree(tmp_path / "bot" / "plimsoll")
    if lost == "fleet folder":
        shutil.rmtree(folder.path)
        say(folder)
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
        assert held(bot)["fleet"] is Mode.HALTED
        assert [one.id for one in folder.halts()] == [halt.id], "and all others are, too"


def test_a_person_ends_it_for_all_and_one_bots_own_resume_does_not(
    tmp_path: Path, folder: FleetFolder, clock: Any
) -> None:
    folder.raise_halt(NOON, "carry", "drawdown: it fell")
    say(folder)
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
        state = bot.strategy._session._folder
        state.ask_to_resume("I know better", "eve")
        bot.loop(NOON)
        assert held(bot) == {"fleet": Mode.HALTED}
        done = folder.rearm(NOON, "ada", "looked at both")
        assert done is not None
        bot.loop(NOON)
        assert held(bot) == {}
        assert any("Re-armed by “ada" in text or "ada" in text for text in bot.said())
        assert fleet_of(bot)["high_water_equity_usd"] == 20_000.0


def test_a_re_arming_is_seen_by_a_bot_that_was_dead_then(
    tmp_path: Path, folder: FleetFolder, clock: Any
) -> None:
    folder.raise_halt(NOON, "carry", "drawdown: it fell")
    say(folder)
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
    folder.rearm(NOON, "ada", "looked at both")
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
        assert held(bot) == {}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"profit_usd": nan}, "profit of carry is not known"),
        ({"profit_usd": "1"}, "expected a number"),
        ({"positions": None}, "positions of carry"),
        ({"positions": [{"pair": BTC}]}, "cannot be read"),
        ({"now": NOON - timedelta(seconds=121)}, "has not reported for"),
        ({"now": NOON + timedelta(minutes=1)}, "clock of carry is 60 s ahead"),
    ],
)
def test_a_bot_that_is_not_known_denies_entries_and_closes_nothing(
    tmp_path: Path, folder: FleetFolder, clock: Any, changed: dict[str, Any], said: str
) -> None:
    say(folder, **changed)
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
        assert said in fleet_of(bot)["faults"][0]
        assert held(bot) == {}
        assert not entering(bot)
        say(folder)
        bot.loop(NOON)
        assert entering(bot)


def test_a_bot_that_never_reported_denies_entries(tmp_path: Path, clock: Any) -> None:
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
        assert fleet_of(bot)["faults"] == ["carry has never reported"]
        assert not entering(bot)


@pytest.mark.parametrize("content", ["{", "", '{"name": "main", "bots": [{"name": "trend"}]}'])
def test_a_fleet_file_that_is_changed_under_a_bot_denies_entries(
    tmp_path: Path, folder: FleetFolder, clock: Any, content: str
) -> None:
    say(folder)
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
        assert entering(bot)
        (tmp_path / "fleet.json").write_text(content)
        bot.loop(NOON)
        assert "fleet.json" in fleet_of(bot)["faults"][0]
        assert not entering(bot)


@pytest.mark.parametrize(
    ("fleet", "said"),
    [
        ({"file": "gone.json", "bot": "trend"}, "cannot be read"),
        ({"file": "fleet.json", "bot": "eve"}, "found 'eve'"),
        ({"file": "fleet.json"}, "found one"),
        ({"bot": "trend"}, "found one"),
    ],
)
def test_a_bot_does_not_start_in_a_fleet_that_does_not_know_it(
    tmp_path: Path, fleet: dict[str, str], said: str
) -> None:
    (tmp_path / "fleet.json").write_text('{"name": "main", "bots": [{"name": "trend"}]}')
    if "file" in fleet:
        fleet = {**fleet, "file": str(tmp_path / fleet["file"])}
    with pytest.raises(OperationalException, match=said), bot_of_fleet(tmp_path, fleet=fleet):
        pass


def test_an_entry_is_refused_for_what_another_bot_holds(
    tmp_path: Path, folder: FleetFolder, clock: Any
) -> None:
    big = {
        "pair": ETH,
        "side": "long",
        "entry_price": 100.0,
        "mark_price": 100.0,
        "amount": 1e6,
        "leverage": 1.0,
        "stop_price": 99.9,
        "liquidation_price": None,
        "margin_usd": 1.0,
        "opened_at": NOON.isoformat(),
    }
    say(folder, positions=[big])
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
        assert not entering(bot)
        small = {**big, "amount": 0.1}
        say(folder, positions=[small])
        bot.loop(NOON)
        assert entering(bot)


def test_a_folder_that_cannot_be_written_is_no_go(
    tmp_path: Path, folder: FleetFolder, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(folder)
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
        assert entering(bot)

        def full(*_: Any, **__: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(FleetFolder, "_write", full)
        bot.loop(NOON)
        assert not entering(bot)


def test_a_halt_is_obeyed_also_where_the_report_cannot_be_written(
    tmp_path: Path, folder: FleetFolder, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(folder)
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
        folder.raise_halt(NOON, "carry", "drawdown: it fell")

        def full(*_: Any, **__: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(FleetFolder, "write", full)
        bot.loop(NOON)
        assert held(bot) == {"fleet": Mode.HALTED}


@pytest.mark.parametrize("joins", [True, False], ids=["joined", "left"])
def test_a_halt_outlives_that_a_bot_joins_or_leaves_a_fleet(
    tmp_path: Path, folder: FleetFolder, clock: Any, joins: bool
) -> None:
    """Its account has another name then; the log is the same, and so is what it holds."""
    say(folder)
    alone: dict[str, Any] = {"fleet": {}}
    with bot_of_fleet(tmp_path, **(alone if joins else {})) as bot:
        bot.strategy._session._folder.set_halt("by hand")
        bot.loop(NOON)
        assert held(bot) == {"manual_halt": Mode.HALTED}
        bot.strategy._session._folder.clear_halt()
    for file in (tmp_path / "bot").glob("bot.sqlite*"):
        file.unlink()
    with bot_of_fleet(tmp_path, **({} if joins else alone)) as bot:
        bot.loop(NOON)
        assert held(bot)["manual_halt"] is Mode.HALTED


def test_without_a_fleet_nothing_is_watched(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        bot.loop(NOON)
        assert not isinstance(bot.strategy._session._fleet, FleetWatch)
        assert "fleet" not in (bot.strategy._session._folder.status() or {})


def test_a_deposit_of_another_bot_hides_no_loss_and_a_withdrawal_is_none(
    tmp_path: Path, folder: FleetFolder, clock: Any
) -> None:
    say(folder, profit_usd=0.0)
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
        say(folder, profit_usd=-1_800.0)
        bot.loop(NOON)  # 9 % of 20 000 are lost, of 10 %
        assert held(bot) == {}
        say(folder, profit_usd=-1_800.0, capital_usd=60_000.0)
        bot.loop(NOON)
        assert fleet_of(bot)["high_water_equity_usd"] == 70_000.0
        say(folder, profit_usd=-1_800.0)
        bot.loop(NOON)
        bot.loop(NOON)
        assert fleet_of(bot)["high_water_equity_usd"] == 20_000.0
        assert held(bot) == {}, "a withdrawal is no loss"
        say(folder, profit_usd=-2_100.0)
        bot.loop(NOON)
        assert held(bot) == {"fleet": Mode.HALTED}


def test_a_bot_that_is_taken_out_is_no_loss_and_takes_none_with_it(
    tmp_path: Path, folder: FleetFolder, clock: Any
) -> None:
    say(folder)
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
        say(folder, profit_usd=-900.0)
        bot.loop(NOON)
    alone = {"name": "main", "bots": [{"name": "trend"}], "risk": LIMITS}
    (tmp_path / "fleet.json").write_text(json.dumps(alone))
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
        assert held(bot) == {}
        said = fleet_of(bot)
        assert (said["equity_usd"], said["high_water_equity_usd"]) == (10_000.0, 10_900.0)


def test_a_bot_that_has_not_reloaded_the_fleets_file_is_not_known(
    tmp_path: Path, folder: FleetFolder, clock: Any
) -> None:
    say(folder)
    values = json.loads((tmp_path / "fleet.json").read_text())
    (tmp_path / "fleet.json").write_text(json.dumps({**values, "max_report_age_seconds": 60}))
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
        assert "carry runs by another fleet file" in fleet_of(bot)["faults"][0]
        assert not entering(bot)


def test_a_fleets_folder_that_fails_keeps_no_bots_own_guards_blind(
    tmp_path: Path, folder: FleetFolder, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(folder)
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)

        def gone(*_: Any) -> list[Any]:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(FleetFolder, "halts", gone)
        bot.strategy._session._folder.set_halt("by hand")
        later = NOON + timedelta(hours=1)
        clock.move_to(later)
        bot.loop(later)
        status = bot.strategy._session._folder.status()
        assert status is not None
        assert held(bot) == {"manual_halt": Mode.HALTED}
        assert not entering(bot)


def test_the_own_loss_is_judged_while_the_fleets_folder_fails(
    tmp_path: Path, folder: FleetFolder, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(folder)
    with bot_of_fleet(tmp_path) as bot:
        open_trade(NOON - timedelta(hours=1), amount=50.0)
        bot.price(BTC, 100.0)
        bot.loop(NOON)
        assert held(bot) == {}

        def gone(*_: Any) -> list[Any]:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(FleetFolder, "halts", gone)
        for step in (1, 2, 3):
            at = NOON + step * FIVE
            clock.move_to(at)
            bot.price(BTC, 50.0)
            bot.loop(at)
        assert any(mode is Mode.HALTED for mode in held(bot).values()), held(bot)


def test_two_fleets_do_not_share_a_folder(tmp_path: Path, folder: FleetFolder) -> None:
    folder.claim("trend", "other")
    fleet_folder.release()
    with (
        pytest.raises(OperationalException, match="found that of other"),
        bot_of_fleet(tmp_path),
    ):
        pass


def test_a_halt_that_cannot_be_written_halts_this_bot_and_the_others_later(
    tmp_path: Path, folder: FleetFolder, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(folder)
    with bot_of_fleet(tmp_path) as bot:
        bot.loop(NOON)
        whole = FleetFolder._write

        def full(self: FleetFolder, name: str, content: bytes, *, durable: bool) -> None:
            if durable:
                raise OSError(28, "No space left on device")
            whole(self, name, content, durable=durable)

        monkeypatch.setattr(FleetFolder, "_write", full)
        say(folder, profit_usd=-2_100.0)
        bot.loop(NOON)
        assert held(bot) == {"fleet": Mode.HALTED}
        monkeypatch.setattr(FleetFolder, "_write", whole)
        say(folder)
        bot.loop(NOON)
        (halt,) = folder.halts()
        assert "drawdown" in halt.reason
        assert held(bot) == {"fleet": Mode.HALTED}
        assert folder.rearm(NOON, "ada", "looked at both") is not None
        bot.loop(NOON)
        assert held(bot) == {}
