"""The set of the shipped direction models: candles alone, each feature once."""

from plimsoll.features.hourly import candle_features


def test_every_feature_needs_candles_only_and_stands_once() -> None:
    uses = candle_features()
    assert {name for use in uses for name in use.feature.inputs} <= {
        *("open", "high", "low", "close", "volume", "date")
    }
    assert len({use.column for use in uses}) == len(uses) == 34


def test_no_feature_looks_back_further_than_a_running_bot_has_candles() -> None:
    assert max(use.lookback_candles for use in candle_features()) < 400
