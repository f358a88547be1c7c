"""Freqtrade's statistics of a backtest, computed when somebody reads them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any


class LazyStats(Mapping[str, Any]):
    """Stands in for ``backtest_stats``, which most losses are handed and never read."""

    def __init__(self, compute: Callable[[], Mapping[str, Any]]) -> None:
        self._compute = compute
        self._stats: Mapping[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        """Return a figure; all are computed with the first."""
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the figures."""
        return iter(self._all())

    def __len__(self) -> int:
        """Return how many figures there are."""
        return len(self._all())

    def _all(self) -> Mapping[str, Any]:
        if self._stats is None:
            self._stats = self._compute()
        return self._stats
