"""Champion and challenger in a running bot, under FreqAI itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from plimsoll.bridge.champions.requests import ModelRequest, answered, ask
from plimsoll.bridge.champions.seats import slug
from plimsoll.champions.arms import CHALLENGER_TAG, Arm, arm_of
from plimsoll.champions.seat import Seat
from plimsoll.journal.files import newest_of
from plimsoll.journal.kind import Kind
from tests.unit.bridge.bots import BTC, ETH
from tests.unit.bridge.freqai.live import FIRST, HOUR, Live, live, market

TRIAL = 62
"""Hours in which a challenger's 60 outcomes are complete."""


def steps(folder: Path) -> list[tuple[str, str | None]]:
    """What the decision log has of the models, oldest first."""
    records = newest_of(folder / "plimsoll/decisions", [Kind.MODEL])
    return [(one["event"], one["model"]) for one in reversed(list(records))]


def seat_folder(bot: Live) -> Path:
    folder: Path = bot.model._bound.seats.root / slug(BTC)
    return folder


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A blind champion, a better challenger, a broken and a worse one, and a market that turns."""
    folder = tmp_path_factory.mktemp("story")
    patch = pytest.MonkeyPatch()
    calm, turned = FIRST + 24 + TRIAL + 3, 2 * TRIAL
    moves = np.concatenate([market(calm, memory=0.75), market(turned, memory=-0.75, seed=4)])
    seats: dict[str, Seat] = {}
    with live(folder, moves) as bot:
        nothing = bot.analyse()
        bot.train(patch, "blind")
        seats["first"] = bot.seat
        bot.hour += 24
        bot.analyse()
        bot.train(patch, "good")
        seats["trial"] = bot.seat
        during = bot.go(3)
        bot.go(TRIAL - 3)
        seats["promoted"] = bot.seat
        after = bot.go(2)
        bot.train(patch, "broken")
        seats["failed"] = bot.seat
        bot.train(patch, "good")
        seats["at_once"] = bot.seat
        bot.hour += 1
        bot.analyse()
        bot.train(patch, "blind")
        bot.go(TRIAL)
        seats["turned"] = bot.seat
        told = bot.bot.said()
    with live(folder, moves, hour=bot.hour) as again:
        seats["restarted"] = again.seat
        restarted = again.go(2)
    yield {
        "folder": folder,
        "seats": seats,
        "told": told,
        "nothing": nothing,
        "during": during,
        "after": after,
        "restarted": restarted,
    }
    patch.undo()


def test_before_the_first_training_there_is_no_forecast(story: dict[str, Any]) -> None:
    assert (story["nothing"]["model_lean"] == 0).all()


def test_the_first_training_is_the_champion_and_the_next_one_its_challenger(
    story: dict[str, Any],
) -> None:
    first, trial = story["seats"]["first"], story["seats"]["trial"]
    assert (first.champion.name, first.challenger) == ("v0001", None)
    assert (trial.champion.name, trial.challenger.name) == ("v0001", "v0002")


def test_a_challenger_forecasts_in_shadow_while_the_champion_decides(
    story: dict[str, Any],
) -> None:
    # The blind champion has no skill, so its forecasts are not traded.
    assert (story["during"]["model_lean"].tail(3) == 0).all()
    assert story["during"]["holdout_side_skill"].iloc[-1] <= 0


def test_a_better_challenger_is_promoted_on_candles_that_neither_has_seen(
    story: dict[str, Any],
) -> None:
    seat = story["seats"]["promoted"]
    assert seat.champion.name == "v0002"
    assert [one.name for one in seat.predecessors] == ["v0001"]
    [record] = [
        one
        for one in newest_of(story["folder"] / "plimsoll/decisions", [Kind.MODEL])
        if one["event"] == "promoted"
    ]
    assert record["by"] == "rule"
    assert record["evidence"]["outcomes"] == 60
    assert record["evidence"]["low"] > 0
    assert story["after"]["holdout_side_skill"].iloc[-1] > 0
    assert story["after"]["model_lean"].iloc[-1] != 0


def test_a_failed_training_changes_nothing_and_is_not_tried_again_at_once(
    story: dict[str, Any],
) -> None:
    before, failed = story["seats"]["promoted"], story["seats"]["failed"]
    assert failed.failed_at is not None
    assert (failed.champion, failed.challenger) == (before.champion, None)
    assert story["seats"]["at_once"] == failed


def test_a_champion_that_degrades_gives_the_seat_back(story: dict[str, Any]) -> None:
    seat = story["seats"]["turned"]
    assert seat.champion.name == "v0001"
    assert "v0002" in [one.name for one in seat.retired]


def test_every_step_is_in_the_decision_log_and_on_the_phone(story: dict[str, Any]) -> None:
    assert steps(story["folder"]) == [
        ("training_began", None),
        ("trained", "v0001"),
        ("training_began", None),
        ("trained", "v0002"),
        ("promoted", "v0002"),
        ("training_began", None),
        ("training_failed", None),
        ("training_began", None),
        ("trained", "v0003"),
        ("rolled_back", "v0001"),
    ]
    told = [text for text in story["told"] if "odel" in text and "BTC/USDT" in text]
    assert [text[0] for text in told] == ["🔎", "🔎", "✅", "⚠", "🔎", "🛑"]
    assert "one class only" in told[3]


def test_a_restart_has_the_same_seat_and_the_champion_forecasts(story: dict[str, Any]) -> None:
    before, after = story["seats"]["turned"], story["seats"]["restarted"]
    assert (after.champion, after.challenger) == (before.champion, before.challenger)
    assert after.trial == before.trial
    last = story["restarted"].iloc[-1]
    assert last["do_predict"] == 1
    assert last["up"] + last["down"] + last["flat"] == pytest.approx(1.0)


@pytest.fixture
def pair_of_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """A blind champion and a good challenger, which decides on half of the entries."""
    moves = market(FIRST + 60, memory=0.75)
    with live(tmp_path, moves, ab_share=0.5) as bot:
        bot.analyse()
        bot.train(monkeypatch, "blind")
        bot.hour += 24
        bot.analyse()
        bot.train(monkeypatch, "good")
        yield bot


def test_entries_are_split_by_a_stable_hash_and_tagged(pair_of_models: Live) -> None:
    found: dict[Arm, list[Any]] = {Arm.CHAMPION: [], Arm.CHALLENGER: []}
    for _ in range(12):
        last = pair_of_models.go(1).iloc[-1]
        arm = arm_of(BTC, last["date"].to_pydatetime(), share=0.5, salt="plimsoll")
        found[arm].append((last["model_lean"], last["enter_tag"]))
    # The champion is blind and enters nothing; the challenger's entries bear its name.
    assert all(lean == 0 and pd.isna(tag) for lean, tag in found[Arm.CHAMPION])
    assert all(lean != 0 for lean, _ in found[Arm.CHALLENGER])
    tags = [str(tag) for _, tag in found[Arm.CHALLENGER] if not pd.isna(tag)]
    assert tags
    assert all(tag.endswith(CHALLENGER_TAG) for tag in tags)


def test_a_person_promotes_and_rolls_back_in_a_running_bot(pair_of_models: Live) -> None:
    bot = pair_of_models
    folder = seat_folder(bot)
    ask(folder, ModelRequest("promote", "", "the champion is blind", "Ada", "1"))
    bot.go(1)
    given = answered(folder, "1")
    assert given is not None
    assert given.done
    assert bot.seat.champion is not None
    assert bot.seat.champion.name == "v0002"
    assert bot.go(1)["model_lean"].iloc[-1] != 0
    ask(folder, ModelRequest("rollback", "", "a mistake", "Ada", "2"))
    bot.go(1)
    assert bot.seat.champion.name == "v0001"
    ask(folder, ModelRequest("rollback", "", "again", "Ada", "3"))
    bot.go(1)
    refused = answered(folder, "3")
    assert refused is not None
    assert not refused.done
    assert "expected a predecessor" in refused.text


def test_a_challenger_whose_files_were_changed_is_dropped(
    pair_of_models: Live, caplog: pytest.LogCaptureFixture
) -> None:
    bot = pair_of_models
    bot.model.dd._loaded.clear()
    file = next((seat_folder(bot) / "versions/v0002").glob("*_model.*"))
    file.chmod(0o600)
    file.write_bytes(b"another model")
    bot.go(2)
    assert bot.seat.challenger is None
    assert bot.seat.champion is not None
    assert ("lost", "v0002") in steps(bot.bot.config["user_data_dir"])


def test_the_other_pair_has_a_seat_of_its_own(pair_of_models: Live) -> None:
    seats = pair_of_models.model._bound.seats
    assert seats.seat(ETH, pair_of_models.now).champion is None


def test_a_clock_set_back_a_day_decides_nothing(pair_of_models: Live) -> None:
    bot = pair_of_models
    bot.go(2)
    before = bot.seat
    bot.clock.move_to(bot.now - 24 * HOUR)
    bot.model._bound.seats.decide(BTC, bot.now - 24 * HOUR)
    _, trained = bot.model.dd.get_pair_dict_info(BTC)
    assert trained > 0  # FreqAI sees no training due
    assert bot.seat == before


def test_without_the_policy_freqai_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live(tmp_path, market(FIRST + 5, memory=0.75), enabled=False) as bot:
        bot.analyse()
        bot.train(monkeypatch, "good")
        assert bot.model.challenger_lean(BTC, bot.now) is None
        assert bot.model.arm(BTC, bot.now) is Arm.CHAMPION
        assert bot.go(2)["model_lean"].iloc[-1] != 0
        assert not bot.model.has_seats
        assert not (tmp_path / "plimsoll/champions").exists()


def test_drift_of_a_feature_makes_a_training_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("river", reason="river is not installed: the extra `drift`")
    calm, jump = FIRST + 70, 30
    moves = np.concatenate([market(calm, memory=0.0), np.full(jump, 0.05)])
    with live(tmp_path, moves, drift=True, retrain_hours=8760, trial_outcomes=500) as bot:
        bot.analyse()
        bot.train(monkeypatch, "good")
        bot.go(70)
        assert bot.seat.drifted == ()
        bot.go(jump)
        assert set(bot.seat.drifted) >= {"close_return_1"}
        bot.train(monkeypatch, "good")
        assert bot.seat.challenger is not None
        assert bot.seat.drifted == ()
    assert ("drifted", None) in steps(tmp_path)
