"""Which model decides on entries and exits, where there is none to split."""

from pathlib import Path

import pandas as pd
import pytest

from plimsoll.bridge.freqai.arms import bind_model, of_open_trade, tagged, with_arms
from plimsoll.bridge.freqai.champion import ChampionModel
from plimsoll.champions.arms import CHALLENGER_TAG, Arm
from plimsoll.core import PlimsollError
from tests.unit.bridge.bots import BTC, open_trade
from tests.unit.bridge.champions.stores import NOON
from tests.unit.bridge.freqai.live import FIRST, live, market


def frame() -> pd.DataFrame:
    dates = pd.date_range(NOON, periods=3, freq="h")
    return pd.DataFrame(
        {"date": dates, "model_lean": [0.1, 0.2, 0.3], "enter_tag": ["a", "b", "c"]}
    )


def test_without_a_model_of_seats_nothing_changes() -> None:
    candles = frame()
    for change in (with_arms, tagged, of_open_trade):
        assert change(candles, None, BTC) is candles


class Split(ChampionModel):
    """A model whose challenger leans the other way, and decides after the newest candle."""

    def __init__(self, arm: Arm) -> None:
        self.chosen = arm

    has_seats = True  # type: ignore[assignment]

    def challenger_lean(self, pair: str, candle: object) -> float | None:
        return -0.4

    def arm(self, pair: str, candle: object) -> Arm:
        return self.chosen

    def fit(self, *_: object, **__: object) -> None: ...

    def train(self, *_: object, **__: object) -> None: ...

    def predict(self, *_: object, **__: object) -> None: ...  # type: ignore[override]


@pytest.mark.parametrize("arm", list(Arm))
def test_the_newest_candle_has_the_lean_and_the_tag_of_who_decides(arm: Arm) -> None:
    found = tagged(with_arms(frame(), Split(arm), BTC), Split(arm), BTC)
    theirs = arm is Arm.CHALLENGER
    assert list(found["model_lean"]) == [0.1, 0.2, -0.4 if theirs else 0.3]
    assert list(found["enter_tag"]) == ["a", "b", f"c{CHALLENGER_TAG}" if theirs else "c"]


def test_a_second_bot_on_the_same_models_does_not_start(tmp_path: Path) -> None:
    from plimsoll.bridge.champions import seats

    with live(tmp_path, market(FIRST + 2, memory=0.7)) as bot:
        kept = dict(seats._open)
        seats._open.clear()  # as another process would find it
        try:
            with pytest.raises(PlimsollError, match="found another one; give each bot"):
                bind_model(bot.bot.strategy, bot.bot.strategy._session, bot.bot.strategy._settings)
        finally:
            seats._open.update(kept)


def test_a_trade_is_left_by_the_forecasts_of_the_model_that_entered(tmp_path: Path) -> None:
    model = Split(Arm.CHAMPION)
    with live(tmp_path, market(FIRST + 2, memory=0.7)) as bot:
        assert list(of_open_trade(frame(), model, BTC)["model_lean"]) == [0.1, 0.2, 0.3]
        open_trade(bot.now, enter_tag=f"Planted_long{CHALLENGER_TAG}")
        assert list(of_open_trade(frame(), model, BTC)["model_lean"]) == [0.1, 0.2, -0.4]
