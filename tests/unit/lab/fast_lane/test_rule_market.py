"""A search's epochs: the same market as from frames, with features and prices kept between them."""

import numpy as np
import pandas as pd
import pytest
from freqtrade.enums import RunMode

from plimsoll.core import Side
from plimsoll.features import trend
from plimsoll.lab.fast_lane.market import Packed, pack
from plimsoll.lab.fast_lane.rule_market import KeptFeatures, RuleMarket, says_all
from plimsoll.lab.search.configuration import hyperopt_config, quiet
from plimsoll.lab.search.epochs import Epochs
from tests.support.search_ground import serve_search_ground

FIRST = {
    "fast_period": 10,
    "slow_period": 45,
    "min_adx": 16,
    "min_atr_pct": 0.0006,
    "tp_atr": 2.0,
    "sl_atr": 1.5,
}
SECOND = FIRST | {"fast_period": 17, "slow_period": 71, "tp_atr": 0.9}


@pytest.fixture(scope="module")
def epochs(tmp_path_factory: pytest.TempPathFactory):
    with serve_search_ground(tmp_path_factory.mktemp("ground")) as ground, quiet():
        made = Epochs(hyperopt_config(ground.arguments()))
        made.load()
        yield made
        made.exchange.close()


@pytest.fixture
def moments(epochs):
    return int(epochs.min_date.timestamp()), int(epochs.max_date.timestamp())


def test_epochs_are_packed_as_their_frames_are(epochs, moments):
    kept = RuleMarket(epochs.backtesting, epochs._frames)
    for params in (FIRST, SECOND, FIRST):
        epochs.apply(params)
        frames = {pair: frame.copy() for pair, frame in epochs._frames.items()}
        own, ours = pack(epochs.backtesting, frames, *moments), kept.pack(*moments)
        assert isinstance(own, Packed)
        assert isinstance(ours, Packed)
        assert own.pairs == ours.pairs
        assert (own.market.signals != 0).sum() > 10
        for name in own.market._fields:
            left, right = getattr(own.market, name), getattr(ours.market, name)
            if name.endswith("_tag"):
                left, right = words(own, left), words(ours, right)
            assert np.asarray(left).tolist() == np.asarray(right).tolist() or (
                left.tobytes() == right.tobytes()
            ), name


def words(packed: Packed, numbers: np.ndarray) -> list[str | None]:
    return [None if number < 0 else packed.tags[number] for number in numbers.tolist()]


def test_parameters_that_matter_matter(epochs, moments):
    kept = RuleMarket(epochs.backtesting, epochs._frames)
    epochs.apply(FIRST)
    first = kept.pack(*moments).market.signals.copy()
    epochs.apply(SECOND)

    assert (first != kept.pack(*moments).market.signals).any()


def test_candles_that_the_loop_does_not_expect_are_refused(epochs, moments):
    frames = {pair: frame.copy() for pair, frame in epochs._frames.items()}
    second = list(frames)[1]
    frames[second].loc[frames[second].index[-100], "low"] = 0.0

    told = RuleMarket(epochs.backtesting, frames).pack(*moments)
    assert told == f"{second} has prices that are not above 0"


def test_a_strategy_with_code_of_its_own_between_is_not_taken(epochs, monkeypatch):
    assert says_all(epochs.backtesting)
    strategy = epochs.strategy
    with monkeypatch.context() as patch:
        patch.setattr(strategy, "ft_advise_signals", lambda frame, _: frame)
        assert not says_all(epochs.backtesting)
    with monkeypatch.context() as patch:
        patch.setattr(type(strategy), "populate_exit_trend", lambda *_: None)
        assert not says_all(epochs.backtesting)
    with monkeypatch.context() as patch:
        patch.setattr(type(strategy), "veto_entry", lambda *_: None)
        assert not says_all(epochs.backtesting)
    with monkeypatch.context() as patch:
        patch.setitem(epochs.backtesting.config, "runmode", RunMode.BACKTEST)
        assert not says_all(epochs.backtesting)
    assert says_all(epochs.backtesting)


def test_no_more_features_are_kept_than_there_is_room_for():
    candles = pd.DataFrame({"close": np.linspace(90.0, 110.0, 400)})
    kept = KeptFeatures(candles, most_bytes=3 * 24 * len(candles))
    for period in range(2, 12):
        use = trend.ema.use(period=period)
        column = kept.frame([use])[use.column]
        pd.testing.assert_series_equal(column, use(candles))
    assert len(kept._kept) == 3
    for name in "abcde":
        kept.usable(candles.assign(**{name: 1.0}), name)
    assert len(kept._usable) == 3


def test_rules_name_the_side_and_the_tag_of_what_they_mark(epochs):
    epochs.apply(FIRST)
    frame = next(iter(epochs._frames.values()))
    candles = KeptFeatures(frame, 2**20).frame(epochs.strategy.features())
    marked = [(side, tag) for side, _, tag in epochs.strategy.entry_masks(candles)]
    left = {tag for _, _, tag in epochs.strategy.exit_masks(candles)}

    assert marked == [(Side.LONG, "TrendFollow_long"), (Side.SHORT, "TrendFollow_short")]
    assert left == {"TrendFollow_ended"}
