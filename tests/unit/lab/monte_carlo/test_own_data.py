"""What a strategy reads beside its own candles."""

import pytest

from plimsoll.lab.monte_carlo.own_data import beyond_signals, declared_data, watched_reads
from tests.support.search_ground import PAIRS
from tests.unit.lab.monte_carlo.conftest import Prepare


def test_a_strategy_of_its_own_candles_declares_nothing(prepare: Prepare) -> None:
    strategy = prepare("Plain").strategy
    assert declared_data(strategy) == []
    assert beyond_signals(strategy) is None


def test_informative_candles_and_features_are_named(prepare: Prepare) -> None:
    strategy = prepare("Informed").strategy
    assert declared_data(strategy) == ["informative candles of 1h"]
    strategy.config = {"freqai": {"enabled": True}, "exchange": {"use_public_trades": True}}
    assert declared_data(strategy)[1:] == ["the features of FreqAI", "public trades"]


def test_informative_pairs_are_named(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    strategy = prepare("Plain").strategy
    monkeypatch.setattr(
        strategy, "informative_pairs", lambda: [("A/B", "4h"), ("A/B", "8h", "funding_rate")]
    )
    assert declared_data(strategy) == ["A/B 4h candles", "A/B 8h funding rate"]


def test_what_it_reads_through_the_data_provider_is_seen(prepare: Prepare) -> None:
    ground = prepare("Reader")
    own = ground.strategy.dp.historic_ohlcv
    with watched_reads(ground.strategy) as read:
        ground.shuffled(0)
    assert read == [f"{pair} 1h candles" for pair in PAIRS]
    assert ground.strategy.dp.historic_ohlcv == own


def test_changes_of_positions_are_beyond_signals(prepare: Prepare) -> None:
    assert beyond_signals(prepare("Changing").strategy) == "changes of open positions"
