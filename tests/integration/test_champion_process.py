"""Champion and challenger in ``freqtrade trade`` as its own process, on the simulated exchange.

One story, some eight minutes, so it is marked slow: a blind champion, a better challenger that is
promoted with the process killed as the promotion is written, a worse one that is refused, a market
that turns, and the champion's fall. ``make slow`` runs it.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from plimsoll.bridge.champions.journal import read_journal
from plimsoll.champions.seat import Seat
from plimsoll.journal.check import verify
from plimsoll.journal.files import newest_of
from plimsoll.journal.kind import Kind
from plimsoll.lab.drill_bot import BotPlan, DrillBot, drill_bot, require_alive
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import Venue, serve_venue
from tests.conftest import ROOT
from tests.unit.bridge.freqai.live import BEGIN, FIRST, STRATEGY, TRAIN_DAYS, market
from tests.unit.bridge.freqai.training import PROFILE

pytestmark = [pytest.mark.freqtrade, pytest.mark.slow]

PAIR, FILE = "BTC/USDT:USDT", "BTC_USDT_USDT"
TRIAL, SPEED = 60, 1200.0
"""Candles of a trial; simulated seconds a second, so that an hour takes three."""
TURN = 24 + TRIAL + 24 + TRIAL + 4
"""Hours after the start at which what was right becomes wrong."""
HOURS = FIRST + TURN + 4 * TRIAL
PATIENCE_SECONDS = 600.0

MODEL = '''
from pathlib import Path

from sklearn.linear_model import LogisticRegression

from plimsoll.models import PurgedClassifier

TRAININGS = Path(__file__).with_name("trainings")


class PlantedModel(PurgedClassifier):
    """The second training learns the market, every other one the wrong way round."""

    def classifier(self):
        return LogisticRegression(max_iter=200)

    def fit(self, data_dictionary, dk, **kwargs):
        number = int(TRAININGS.read_text()) + 1 if TRAININGS.exists() else 1
        TRAININGS.write_text(str(number))
        if number != 2:
            swapped = data_dictionary["train_labels"].replace({"up": "down", "down": "up"})
            data_dictionary = {**data_dictionary, "train_labels": swapped}
        return super().fit(data_dictionary, dk, **kwargs)
'''


@dataclass
class Story:
    """What was seen of one bot, killed once and started again."""

    folder: Path
    told: list[str] = field(default_factory=list)
    promoted: Seat | None = None
    restarted: Seat | None = None
    refused: Seat | None = None
    fallen: Seat | None = None
    kills: int = 0

    @property
    def journal(self) -> Path:
        found = [*self.folder.glob(f"user_data/plimsoll/champions/*/{FILE}/journal.jsonl")]
        return found[0] if found else self.folder / "none"

    def seat(self) -> Seat:
        return read_journal(self.journal).seat

    def steps(self) -> list[dict[str, Any]]:
        found = newest_of(self.folder / "user_data/plimsoll/decisions", [Kind.MODEL])
        return list(reversed(list(found)))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("champion")
    one = Story(folder)
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_STATE_HOME", str(folder / "state"))
    plan = _plan(folder)
    start = BEGIN + timedelta(hours=FIRST, minutes=1)
    served = ["--market", "replay", "--datadir", str(_candles(folder)), "--symbols", PAIR]
    with serve_venue([*served, "--start", f"{start:%Y-%m-%dT%H:%M:%SZ}"], folder=folder) as venue:
        plan = _on(plan, venue)
        with drill_bot(plan) as bot:
            _until(bot, lambda: _has(one, "trained"), "the first training")
            venue.set_speed(SPEED)
            # Each look reads some kilobytes: the kill comes milliseconds after the line.
            _until(bot, lambda: _written(one, "Promoted"), "a promotion", pause=0.0005)
            os.kill(bot.child.pid, signal.SIGKILL)
            bot.child.wait()
            venue.set_speed(1)
            one.promoted, one.kills = one.seat(), 1
            one.told += bot.told.texts
        with drill_bot(plan) as bot:
            one.restarted = one.seat()
            venue.set_speed(SPEED)
            _until(bot, lambda: _has(one, "refused"), "a refusal")
            one.refused = one.seat()
            _until(bot, lambda: _has(one, "rolled_back"), "the champion's fall")
            one.fallen = one.seat()
            time.sleep(2)  # for what is told of it to be delivered
            one.told += bot.told.texts
    yield one
    patch.undo()


def test_a_better_challenger_is_promoted_and_the_promotion_outlives_the_kill(story: Story) -> None:
    assert story.kills == 1
    assert story.promoted is not None
    assert story.restarted is not None
    assert _champion(story.promoted) == "v0002"
    assert _champion(story.restarted) == "v0002"
    [promoted] = [one for one in story.steps() if one["event"] == "promoted"]
    assert promoted["evidence"]["outcomes"] + promoted["evidence"]["missing"] == TRIAL
    assert promoted["evidence"]["low"] > 0


def test_a_worse_challenger_is_refused_and_the_champion_stays(story: Story) -> None:
    refused = [one for one in story.steps() if one["event"] == "refused"]
    assert refused
    assert all(one["model"] != "v0002" for one in refused)
    assert story.refused is not None
    assert _champion(story.refused) == "v0002"


def test_a_champion_that_degrades_gives_the_seat_back(story: Story) -> None:
    assert story.fallen is not None
    assert _champion(story.fallen) == "v0001"
    assert "v0002" in [one.name for one in story.fallen.retired]


def test_every_step_is_in_a_whole_decision_log_once_and_on_the_phone(story: Story) -> None:
    decisions = story.folder / "user_data/plimsoll/decisions"
    assert verify(decisions).fault is None
    names = [(one["event"], one["model"]) for one in story.steps()]
    for event in ("promoted", "rolled_back"):
        assert [one for one, _ in names].count(event) == 1
    order = [one for one, _ in names if one in ("promoted", "refused", "rolled_back")]
    assert order[0] == "promoted"
    assert order[-1] == "rolled_back"
    said = [text for text in story.told if "BTC/USDT" in text and "odel" in text]
    for mark in ("✅", "🛑"):
        assert any(text.startswith(mark) for text in said), said


def _champion(seat: Seat) -> str | None:
    return None if seat.champion is None else seat.champion.name


def _has(story: Story, event: str) -> bool:
    return any(one["event"] == event for one in story.steps())


def _written(story: Story, kind: str) -> bool:
    try:
        return f'"{kind}"'.lower().encode() in story.journal.read_bytes().lower()
    except FileNotFoundError:
        return False


def _until(bot: DrillBot, seen: Callable[[], bool], what: str, *, pause: float = 0.2) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not seen():
        require_alive(bot.child, bot.log)
        assert time.monotonic() < deadline, f"expected {what}"
        time.sleep(pause)


def _candles(folder: Path) -> Path:
    """Hourly candles whose moves last, until they turn: Freqtrade's layout."""
    lasting = market(FIRST + TURN, memory=0.75)
    moves = np.concatenate([lasting, market(HOURS - FIRST - TURN, memory=-0.75, seed=4)])
    close = 100 * np.exp(np.cumsum(moves))
    opened = np.concatenate([[100.0], close[:-1]])
    frame = pd.DataFrame(
        {
            "date": pd.date_range(BEGIN, periods=HOURS, freq="h").as_unit("ms"),
            "open": opened,
            "high": np.maximum(opened, close) * 1.001,
            "low": np.minimum(opened, close) * 0.999,
            "close": close,
            "volume": 1000.0,
        }
    )
    futures = folder / "data" / "futures"
    futures.mkdir(parents=True)
    frame.to_feather(futures / f"{FILE}-1h-futures.feather")
    frame.assign(volume=0.0).to_feather(futures / f"{FILE}-1h-mark.feather")
    rates = frame.iloc[::8].reset_index(drop=True)
    rates[["date"]].assign(funding_rate=0.0).to_feather(futures / f"{FILE}-1h-funding_rate.feather")
    return folder / "data"


def _plan(folder: Path) -> BotPlan:
    userdir, own = folder / "user_data", folder / "own"
    lay_out(userdir)
    own.mkdir()
    (own / "Planted.py").write_text(STRATEGY)
    (own / "PlantedModel.py").write_text(MODEL)
    section = {
        **PROFILE["freqai"],
        "train_period_days": TRAIN_DAYS,
        "feature_parameters": {
            **PROFILE["freqai"]["feature_parameters"],
            "include_corr_pairlist": [],
            "buffer_train_data_candles": 4,
            "label_period_candles": 1,
        },
    }
    overlay = {
        "timeframe": "1h",
        "exchange": {"pair_whitelist": [PAIR]},
        "pairlists": [{"method": "StaticPairList"}],
        "freqaimodel": "PlantedModel",
        "freqaimodel_path": str(own),
        "freqai": section,
        "internals": {"process_throttle_secs": 60},
        "plimsoll": {"champion": {"enabled": True, "trial_outcomes": TRIAL}},
    }
    return BotPlan("bot", folder, userdir, "Planted", own, (), overlay)


def _on(plan: BotPlan, venue: Venue) -> BotPlan:
    shipped = ROOT / "user_data/config"
    names = ("base.json", "venue-binance.json", "mode-dry-run.json")
    layers = (*(shipped / name for name in names), venue.config)
    return BotPlan(
        plan.name,
        plan.folder,
        plan.userdir,
        plan.strategy,
        plan.strategy_path,
        layers,
        plan.overlay,
    )
