"""The candles of a search are those of a check, file by file."""

from plimsoll.gates.evidence.candle_digests import candles_digest, data_fingerprint
from tests.support.evidence import CANDLES

ONE = candles_digest("BTC", "1h", CANDLES).hex()
OTHER = candles_digest("ETH", "1h", CANDLES).hex()
BOTH = {"BTC 1h": ONE, "ETH 1h": OTHER}


def test_the_order_of_pairs_is_nothing_and_the_pairs_are_everything() -> None:
    whole = data_fingerprint(BOTH, ["BTC", "ETH"], "1h")
    assert whole == data_fingerprint(BOTH, ["ETH", "BTC"], "1h")
    assert whole != data_fingerprint(BOTH, ["BTC"], "1h")


def test_one_close_or_one_candle_more_is_another_file() -> None:
    changed = CANDLES.assign(close=CANDLES["close"].where(CANDLES.index != 7, 1.0))
    digests = {candles_digest("BTC", "1h", one) for one in (CANDLES, changed, CANDLES.iloc[:-1])}
    assert len(digests) == 3


def test_a_pair_that_was_not_checked_has_no_fingerprint() -> None:
    assert data_fingerprint(BOTH, ["BTC", "SOL"], "1h") is None
    assert data_fingerprint(BOTH, ["BTC"], "5m") is None
