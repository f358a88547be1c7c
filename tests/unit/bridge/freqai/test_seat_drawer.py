"""FreqAI's drawer with seats: what it stores, loads, and asks FreqAI to train."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from plimsoll.bridge.freqai.seat_drawer import SeatDrawer, use_seats
from plimsoll.champions.events import TradeClosed
from tests.unit.bridge.bots import BTC
from tests.unit.bridge.freqai.live import FIRST, HOUR, live, market


def test_a_version_has_what_freqai_needs_and_not_the_rows_it_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live(tmp_path, market(FIRST + 3, memory=0.7)) as bot:
        bot.analyse()
        bot.train(monkeypatch)
        seats, champion = bot.model._bound.seats, bot.seat.champion
        assert champion is not None
        folder = seats.verified(BTC, champion, bot.now)
        assert folder is not None
        names = [file.name for file in folder.iterdir()]
        assert {"version.json"} < set(names)
        assert [name for name in names if "_model." in name]
        assert [name for name in names if "trained" in name] == []
        about = seats.store(BTC, bot.now).versions.manifest(champion.name)["about"]
        assert set(about["measures"]) == {"holdout_skill", "holdout_side_skill"}
        assert [name for name in about["features"] if not name.startswith("%-")] == []
        # Nothing after it was in the training; nothing of before the close counts as evidence.
        assert champion.seen_until >= bot.now
        assert champion.trained_from < champion.seen_until
        assert not list((tmp_path / "models/direction-1").glob("sub-train-*"))


def test_the_data_seen_reaches_to_the_newest_candle_whatever_the_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live(tmp_path, market(FIRST + 3, memory=0.7)) as bot:
        bot.analyse()
        bot.model._bound.seats.policy.__dict__["retry_hours"] = 1e-6
        bot.clock.move_to(bot.now - 24 * HOUR)
        bot.train(monkeypatch)
        champion = bot.seat.champion
    assert champion is not None
    assert champion.trained_at < champion.seen_until == bot.now


def test_freqai_is_asked_to_train_when_the_policy_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live(tmp_path, market(FIRST + 30, memory=0.7), retrain_trades=2) as bot:
        drawer = bot.model.dd
        assert drawer.get_pair_dict_info(BTC)[1] == 0
        bot.analyse()
        bot.train(monkeypatch)
        assert drawer.get_pair_dict_info(BTC)[1] == int(datetime.now(UTC).timestamp())
        for number in range(2):
            closed = TradeClosed(bot.now, bot.now + number * HOUR, "champion", 0.01)
            bot.model._bound.seats.take(BTC, closed)
        assert drawer.get_pair_dict_info(BTC)[1] == 0


def test_a_drawer_of_any_class_is_made_one_of_seats_once(tmp_path: Path) -> None:
    with live(tmp_path, market(FIRST + 2, memory=0.7)) as bot:
        drawer = bot.model.dd
        kind = type(drawer)
        assert issubclass(kind, SeatDrawer)
        assert use_seats(drawer, drawer.seats, drawer.now) is drawer
        assert type(drawer) is kind


def test_a_version_that_the_drawer_refuses_is_dropped_and_forecasts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live(tmp_path, market(FIRST + 4, memory=0.7)) as bot:
        bot.analyse()
        bot.train(monkeypatch)
        # As after an update of the code: the drawer below vouches for the files no more.
        monkeypatch.setattr(type(bot.model.dd).__mro__[2], "load_data", lambda *_: None)
        found = bot.go(2)
        assert bot.seat.champion is None
        assert (found["model_lean"] == 0).all()
