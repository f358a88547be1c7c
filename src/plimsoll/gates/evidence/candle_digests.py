"""The fingerprint of the candles that a search saw, from the digests of single files."""

import hashlib
from collections.abc import Iterable, Mapping

import pandas as pd


def candles_digest(pair: str, timeframe: str, candles: pd.DataFrame) -> bytes:
    """Return the SHA-256 of what a candle file holds, whatever its format.

    It covers pair, timeframe, number of candles, the first and the last one (``date``, UTC) and
    every close.
    """
    digest = hashlib.sha256(f"{pair}\0{timeframe}\0{len(candles)}\0".encode())
    if len(candles):
        ends = candles["date"].iloc[[0, -1]]
        digest.update("\0".join(str(int(end.timestamp())) for end in ends).encode())
        digest.update(candles["close"].to_numpy(dtype="float64").tobytes())
    return digest.digest()


def data_fingerprint(
    digests: Mapping[str, str], pairs: Iterable[str], timeframe: str
) -> str | None:
    """Return the fingerprint of some pairs' candles; ``None`` when one of them is unknown.

    ``digests`` holds the hexadecimal digest of each file under ``PAIR TIMEFRAME``.
    """
    whole = hashlib.sha256()
    for pair in sorted(pairs):
        one = digests.get(f"{pair} {timeframe}")
        if one is None:
            return None
        whole.update(bytes.fromhex(one))
    return whole.hexdigest()
