from dataclasses import FrozenInstanceError

import pytest

from plimsoll.core import ApiHealth, DataHealth, PairData


def test_without_a_source_nothing_is_claimed() -> None:
    assert DataHealth().pairs == {}
    assert ApiHealth().error_times == ()
    pair = PairData(newest_candle_closed_at=None, candle_seconds=300)
    assert pair.implausible is None


def test_what_is_known_cannot_be_changed_afterwards() -> None:
    pair = PairData(newest_candle_closed_at=None, candle_seconds=300)
    with pytest.raises(FrozenInstanceError):
        pair.candle_seconds = 0.0  # type: ignore[misc]


def test_two_healths_share_no_pairs() -> None:
    assert DataHealth().pairs is not DataHealth().pairs
