"""The base of the classifiers: what it learns from, what it tests on, what it does not trust."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from freqtrade.exceptions import OperationalException

from plimsoll.bridge.freqai.purged_classifier import PurgedClassifier
from tests.unit.bridge.freqai.training import BEGIN, PROFILE, changed_from, history, run, trainer


def test_what_happens_after_the_training_changes_no_row_of_it(tmp_path: Path) -> None:
    frame = history()
    with trainer(tmp_path) as bot:
        _, [before] = run(bot, frame)
    with trainer(tmp_path, identifier="again") as bot:
        _, [after] = run(bot, changed_from(frame, BEGIN))
    assert np.array_equal(before.features, after.features)
    assert np.array_equal(before.labels, after.labels)
    # The embargo before the first forecast: 24 hours, beside the labels' 4.
    assert before.dates.iloc[-1] == frame["date"][BEGIN - 1 - 24]


def test_what_happens_in_the_test_rows_changes_no_row_that_is_learned(tmp_path: Path) -> None:
    frame = history()
    with trainer(tmp_path) as bot:
        _, [before] = run(bot, frame)
        # Scaling is learned from all training rows, purged ones too; their past is the same.
        tested = frame.index[frame["date"] == before.dates.iloc[-before.test_rows]][0]
    with trainer(tmp_path, identifier="again") as bot:
        _, [after] = run(bot, changed_from(frame, tested))
        labels = bot.strategy.set_freqai_targets(changed_from(frame, tested), {})["&-direction"]
    assert np.array_equal(before.features, after.features)
    assert np.array_equal(before.labels, after.labels)
    assert len(before.labels) == len(before.dates) - before.test_rows - 4 - 24
    # Without the purge this would fail: the row before the test knows the test's prices.
    with trainer(tmp_path) as bot:
        original = bot.strategy.set_freqai_targets(frame, {})["&-direction"]
    assert not original[tested - 4 : tested - 1].equals(labels[tested - 4 : tested - 1])


def test_the_same_candles_give_the_same_forecasts(tmp_path: Path) -> None:
    found = []
    for identifier in ("one", "other"):
        with trainer(tmp_path, identifier=identifier) as bot:
            found.append(run(bot, history())[0][["up", "flat", "down"]])
    assert found[0].equals(found[1])


def test_threads_are_pinned_whatever_the_config_says(tmp_path: Path) -> None:
    with trainer(tmp_path) as bot:
        bot.strategy.load_freqAI_model()
        parameters = bot.strategy.freqai.classifier().get_params()
    assert parameters["n_jobs"] == 1
    assert parameters["n_estimators"] == 20


def test_a_candle_with_a_missing_feature_is_not_trusted(tmp_path: Path) -> None:
    frame = history()
    hole = BEGIN + 30
    frame.loc[hole, ["open", "high", "low"]] = frame.loc[hole, "close"]  # no range: no location
    with trainer(tmp_path) as bot:
        found, _ = run(bot, frame)
    assert found["do_predict"].iloc[hole] == 0
    assert found["do_predict"].iloc[hole - 1] == found["do_predict"].iloc[hole + 1] == 1


@pytest.mark.parametrize(
    "mixed",
    [
        {"data_split_parameters": {"test_size": 0.1, "shuffle": True}},
        {"data_split_parameters": {"test_size": 0, "shuffle": False}},
        {
            "feature_parameters": {
                **PROFILE["freqai"]["feature_parameters"],
                "shuffle_after_split": True,
            }
        },
    ],
    ids=["shuffled", "no test", "shuffled after"],
)
def test_rows_out_of_order_are_refused(tmp_path: Path, mixed: dict[str, Any]) -> None:
    with (
        pytest.raises(OperationalException, match="needs rows in time order"),
        trainer(tmp_path, **mixed),
    ):
        pass


class Told:
    """A classifier that says the same of every row."""

    def __init__(self, **said: float) -> None:
        self.classes_ = np.array(list(said), dtype=object)
        self._said = list(said.values())

    def predict_proba(self, rows: np.ndarray) -> np.ndarray:
        return np.tile(self._said, (len(rows), 1))


def skill(model: Told, learned: list[str], tested: list[str], *among: str) -> float:
    labels = pd.DataFrame({"&-direction": tested})
    rows = {"test_labels": labels, "test_features": pd.DataFrame({"a": range(len(tested))})}
    learned_classes = np.array(learned, dtype=object)
    return PurgedClassifier._skill(None, model, learned_classes, rows, among=among)


def test_saying_no_more_than_the_frequencies_is_no_skill() -> None:
    learned = ["down", "flat", "flat", "up"]
    model = Told(down=0.25, flat=0.5, up=0.25)
    assert skill(model, learned, ["up", "flat", "down"], "down", "flat", "up") == pytest.approx(0)
    assert skill(model, learned, ["up", "flat", "down"], "down", "up") == pytest.approx(0)


def test_the_skill_of_a_side_counts_rows_of_a_side_only() -> None:
    learned = ["down", "flat", "flat", "up"]
    model = Told(down=0.1, flat=0.6, up=0.3)
    # Of up and down it gives up 3 of 4 parts, where half was usual; flat rows say nothing of it.
    expected = 1 - np.log(0.75) / np.log(0.5)
    assert skill(model, learned, ["up", "flat", "up"], "down", "up") == pytest.approx(expected)
    assert skill(model, learned, ["down"], "down", "up") < 0


@pytest.mark.parametrize(
    ("model", "tested"),
    [(Told(flat=0.5, up=0.5), ["up", "down"]), (Told(down=0.2, flat=0.3, up=0.5), ["flat"])],
    ids=["a side never learned", "no side tested"],
)
def test_the_skill_of_what_was_not_seen_is_unknown(model: Told, tested: list[str]) -> None:
    assert np.isnan(skill(model, ["flat", "up"], tested, "down", "up"))
