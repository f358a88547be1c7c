"""Candles as float64 arrays, with what several features need computed once."""

from collections.abc import Callable, Hashable, Sequence
from threading import RLock
from typing import Concatenate, ParamSpec, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats: TypeAlias = npt.NDArray[np.float64]
Rest = ParamSpec("Rest")
Result = TypeVar("Result")

POSITIVE_COLUMNS = frozenset(
    {
        *("open", "high", "low", "close"),
        *("mark_close", "index_close", "spot_close", "reference_close"),
        *("open_interest", "account_ratio", "top_trader_position_ratio", "taker_volume_ratio"),
        *("bid_price", "ask_price"),
    }
)
"""Columns in which 0 or less is no value: such a row counts as missing."""


class Candles:
    """A candle frame as features read it: float64 copies of its columns, and a memory.

    ``candles["close"]`` is a contiguous array of the frame's length; ``candles["date"]`` is epoch
    seconds. `shared` computes once what several features need. The frame itself is never written.
    Several threads may read one such object: what one of them computes the others wait for.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.index = frame.index
        self._rows = len(frame)
        self._frame = frame
        self._columns: dict[str, Floats] = {}
        self._shared: dict[Hashable, object] = {}
        self._mutexes: dict[Hashable, RLock] = {}

    def __len__(self) -> int:
        return self._rows

    def __contains__(self, name: str) -> bool:
        return name in self._frame.columns

    def __getitem__(self, name: str) -> Floats:
        try:
            return self._columns[name]
        except KeyError:
            return self._columns.setdefault(name, self._read(name))

    def _read(self, name: str) -> Floats:
        column = self._frame[name]
        if name == "date":
            return pd.DatetimeIndex(column).as_unit("s").asi8.astype("float64")
        return np.array(column.to_numpy("float64", na_value=np.nan))

    def shared(
        self,
        compute: Callable[Concatenate["Candles", Rest], Result],
        *parameters: Rest.args,
        **named: Rest.kwargs,
    ) -> Result:
        """Return ``compute(self, *parameters)``, computed once; the result is not to be written."""
        key = (compute, parameters, tuple(sorted(named.items())) if named else ())
        try:
            return self._shared[key]  # type: ignore[return-value]
        except KeyError:
            # No two threads wait for each other: what a result is made of is never made of it.
            with self._mutexes.setdefault(key, RLock()):
                if key not in self._shared:
                    self._shared[key] = compute(self, *parameters, **named)
                return self._shared[key]  # type: ignore[return-value]

    def rows(self, start: int, stop: int) -> "Candles":
        """Return the candles from a row up to, not including, another."""
        return Candles(self._frame.iloc[start:stop])

    def stretches(self, names: Sequence[str]) -> "list[tuple[int, Candles]]":
        """Return the runs of rows on which none of the columns misses a value.

        Each is its first row's number and the candles of the run. A value is missing when it is
        not finite, and in `POSITIVE_COLUMNS` also when it is 0 or less.
        """
        return self.shared(_stretches, tuple(names))


def _stretches(candles: Candles, names: tuple[str, ...]) -> list[tuple[int, Candles]]:
    masks = [mask for name in names if (mask := candles.shared(_missing, name)) is not None]
    if not masks:
        return [(0, candles)]
    present = ~np.logical_or.reduce(masks)
    edges = np.flatnonzero(np.diff(present, prepend=False, append=False))
    return [
        (int(start), candles.rows(int(start), int(stop)))
        for start, stop in zip(edges[::2], edges[1::2], strict=True)
    ]


def _missing(candles: Candles, name: str) -> npt.NDArray[np.bool_] | None:
    values = candles[name]
    present = np.isfinite(values)
    if name in POSITIVE_COLUMNS:
        present &= values > 0
    return None if present.all() else ~present
