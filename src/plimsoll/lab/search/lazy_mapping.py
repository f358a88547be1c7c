"""What a loss is handed and most never read, computed when one of them does."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any


class LazyMapping(Mapping[str, Any]):
    """Stands in for a mapping that is long to compute.

    Parameters
    ----------
    compute
        Makes the mapping; it is called at the first look, and once.
    """

    def __init__(self, compute: Callable[[], Mapping[str, Any]]) -> None:
        self._compute = compute
        self._made: Mapping[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        """Return a value; all are computed with the first."""
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the keys."""
        return iter(self._all())

    def __len__(self) -> int:
        """Return how many keys there are."""
        return len(self._all())

    def _all(self) -> Mapping[str, Any]:
        if self._made is None:
            self._made = self._compute()
        return self._made
