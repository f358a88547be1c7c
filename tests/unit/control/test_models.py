"""A person and the models of a bot that does not run, or does not answer."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plimsoll.bridge.champions.requests import ModelAnswer, ModelRequest, answer, take
from plimsoll.bridge.champions.seats import Seats, Telling, close_all
from plimsoll.bridge.champions.store import SeatStore
from plimsoll.champions.events import CandleClosed, Promoted
from plimsoll.champions.policy import ChampionPolicy
from plimsoll.control.bot import Bot, find_bot
from plimsoll.control.models import change, view_of, views
from plimsoll.core import PlimsollError, UsageError
from plimsoll.journal.files import newest_of
from plimsoll.journal.kind import Kind
from tests.unit.bridge.champions.stores import HOUR, NOON, made, writes

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


def bot_of(folder: Path) -> Bot:
    config = {
        "exchange": {"name": "binance", "pair_whitelist": [BTC]},
        "user_data_dir": str(folder),
        "plimsoll": {"champion": {"enabled": True, "trial_outcomes": 60}},
    }
    (folder / "config.json").write_text(json.dumps(config))
    return find_bot(folder, [folder / "config.json"], None)


def lay_out(folder: Path, *, hours: int = 20) -> Seats:
    """The seats that a bot has left: a champion, a challenger on trial, another pair."""
    root = folder / "plimsoll/champions/direction-1"
    policy = ChampionPolicy(enabled=True, trial_outcomes=60)
    seats = Seats(root, policy, Telling(), candle_seconds=3600)
    for pair, names in ((BTC, "abc"), (ETH, "a")):
        for name in names:
            seats.train(pair, made(), writes(name))
    for hour in range(hours):
        price = 100.0 + (hour % 5) + hour
        held = {"v0001": 0 if hour % 4 else 1, "v0002": 1}
        opened = NOON + hour * HOUR
        seats.take(BTC, CandleClosed(opened + HOUR, opened, 3600, price, held, 0.0))
    return seats


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    lay_out(tmp_path)
    close_all()
    return bot_of(tmp_path)


def asked(act: str = "promote", version: str = "", reason: str = "seen enough") -> ModelRequest:
    return ModelRequest("rollback" if act == "rollback" else "promote", version, reason, "Ada")


def test_seats_are_found_by_pair_and_identifier(bot: Bot) -> None:
    assert [(one.pair, one.runs) for one in views(bot)] == [(BTC, False), (ETH, False)]
    view = view_of(bot, "btc")
    assert view.seat.challenger is not None
    assert view.trial is not None
    assert "19 outcomes, 60 are needed" in view.trial.reason
    assert view.about("v0001")["about"]["features"] == ["rsi"]
    assert view.about("v0099") == {}
    record = view.as_record()
    assert [one["role"] for one in record["versions"]] == ["champion", "challenger", "waiting"]
    with pytest.raises(UsageError, match="there are BTC/USDT:USDT"):
        view_of(bot, "SOL")
    with pytest.raises(UsageError, match="no models of"):
        view_of(bot, "BTC", "other")


def test_without_models_it_says_what_stores_them(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"plimsoll\.champion\.enabled"):
        views(bot_of(tmp_path))


def test_a_person_promotes_and_rolls_back_where_no_bot_runs(bot: Bot) -> None:
    done, text = change(bot, view_of(bot, BTC), asked(), seconds=1)
    assert (done, text) == (True, f"{BTC}: champion v0002")
    change(bot, view_of(bot, BTC), asked("rollback", reason="a mistake"), seconds=1)
    view = view_of(bot, BTC)
    assert view.seat.champion is not None
    assert view.seat.champion.name == "v0001"
    records = list(newest_of(bot.folder.decisions, [Kind.MODEL]))
    assert [(one["event"], one["by"], one["reason"]) for one in records] == [
        ("rolled_back", "Ada", "a mistake"),
        ("promoted", "Ada", "seen enough"),
    ]


def test_a_step_that_a_kill_kept_from_the_log_is_logged_first(bot: Bot) -> None:
    view = view_of(bot, BTC)
    at = datetime.now(UTC)
    with SeatStore(view.folder, at) as store:
        store.append(Promoted(at, "v0002", "rule", "it is better"))
    change(bot, view_of(bot, BTC), asked("rollback", reason="a mistake"), seconds=1)
    change(bot, view_of(bot, BTC), asked(version="v0002"), seconds=1)
    records = reversed(list(newest_of(bot.folder.decisions, [Kind.MODEL])))
    assert [(one["event"], one["by"]) for one in records] == [
        ("promoted", "rule"),
        ("rolled_back", "Ada"),
        ("promoted", "Ada"),
    ]


@pytest.mark.parametrize(
    ("request_", "match"),
    [
        (asked(reason=" "), "expected --reason"),
        (asked(version="v0099"), "expected a version to promote, found 'v0099'"),
        (asked("rollback"), "expected a predecessor"),
        (asked(version="v0001"), "expected a version to promote"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    bot: Bot, request_: ModelRequest, match: str
) -> None:
    with pytest.raises(PlimsollError, match=match):
        change(bot, view_of(bot, BTC), request_, seconds=1)
    champion = view_of(bot, BTC).seat.champion
    assert champion is not None
    assert champion.name == "v0001"
    assert list(newest_of(bot.folder.decisions, [Kind.MODEL])) == []


def test_a_version_with_changed_files_is_not_promoted(bot: Bot) -> None:
    file = view_of(bot, BTC).folder / "versions/v0002/model.txt"
    file.chmod(0o600)
    file.write_text("another model")
    with pytest.raises(PlimsollError, match="changed, added or missing"):
        change(bot, view_of(bot, BTC), asked(), seconds=1)


def test_a_running_bot_that_does_not_answer_is_said_and_not_left_a_request(
    tmp_path: Path,
) -> None:
    lay_out(tmp_path)
    bot = bot_of(tmp_path)
    try:
        view = view_of(bot, BTC)
        assert view.runs
        done, text = change(bot, view, asked(), seconds=0.3)
        assert not done
        assert "withdrawn" in text
        assert take(view.folder) is None
    finally:
        close_all()


def test_a_running_bot_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(tmp_path)
    bot = bot_of(tmp_path)
    view = view_of(bot, BTC)

    def bot_loops(_: float) -> None:
        request = take(view.folder)
        assert request is not None
        answer(view.folder, ModelAnswer(request.number, done=True, text="champion v0002"))

    monkeypatch.setattr("plimsoll.control.models.time.sleep", bot_loops)
    try:
        assert change(bot, view, asked(), seconds=5) == (True, "champion v0002")
    finally:
        close_all()
