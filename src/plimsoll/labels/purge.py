"""Keep what a model learns from apart from what tests it."""

from plimsoll.core import PlimsollError


def purged_rows(rows: int, *, horizon_candles: int, embargo_candles: int) -> int:
    """Return how many of the first ``rows`` may be learned from when a test follows them.

    The label of a row is made of the ``horizon_candles`` after it: the last rows before a test
    know the test's own prices and are dropped. The embargo drops as many more, because features
    of neighbouring candles are made of the same candles. Rows are ascending and at least one
    candle apart, so that holes only widen the distance.

    Source: López de Prado (2018), Advances in Financial Machine Learning, section 7.4 (purging
    and embargo), with the test after the training.

    Raises
    ------
    PlimsollError
        When nothing is left, or a number is negative.
    """
    if horizon_candles < 1 or embargo_candles < 0:
        raise PlimsollError(
            f"expected a horizon of 1 or more and an embargo of 0 or more candles, found "
            f"{horizon_candles} and {embargo_candles}"
        )
    left = rows - horizon_candles - embargo_candles
    if left < 1:
        raise PlimsollError(
            f"expected more than {horizon_candles + embargo_candles} rows of training, found "
            f"{rows}; lengthen train_period_days, or lower the horizon or the embargo"
        )
    return left
