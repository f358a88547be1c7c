"""The highest equity ever, in Freqtrade's database: what no re-arming resets."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from freqtrade.persistence import KeyValueStore

from plimsoll.bridge.account.stored_levels import (
    NOISE_FRACTION,
    UnreadableLevelsError,
    moment_text,
    moved_usd,
    parsed_value,
)
from plimsoll.risk.profile import RiskProfile
from plimsoll.risk.rearming import is_terminal, moved_peak_usd

KEY = "plimsoll_equity_peak"


@dataclass(frozen=True, slots=True)
class StoredPeak:
    """What outlives a bot of the highest equity, in the stake currency; ``None`` if unknown.

    Attributes
    ----------
    peak_usd, peak_at
        The highest equity ever, and when it was reached.
    beyond_at
        When a person last re-armed beyond the terminal drawdown from it.
    capital_usd, mark_usd
        The starting balance that it belongs to, and the last equity known with that.
    """

    peak_usd: float | None = None
    peak_at: datetime | None = None
    beyond_at: datetime | None = None
    capital_usd: float | None = None
    mark_usd: float | None = None

    def at_capital(
        self, starting_balance_usd: float, *, noise_fraction: float = NOISE_FRACTION
    ) -> "StoredPeak":
        """Return the peak as it is with another starting balance: the same drawdown from it."""
        moved = moved_usd(self.capital_usd, starting_balance_usd, noise_fraction=noise_fraction)
        if self.peak_usd is None or not moved:
            return self
        mark = self.mark_usd
        return replace(
            self,
            peak_usd=moved_peak_usd(self.peak_usd, mark, moved),
            mark_usd=None if mark is None else mark + moved,
            capital_usd=starting_balance_usd,
        )

    def is_beyond(self, profile: RiskProfile) -> bool:
        """Return whether the terminal drawdown is reached by the last equity known."""
        return is_terminal(self.mark_usd, self.peak_usd, profile)


def store_peak(peak: StoredPeak) -> None:
    """Write the peak as one value in one commit.

    Raises
    ------
    ValueError
        When a number is not finite; what was stored stays.
    """
    text = json.dumps(asdict(peak), default=moment_text, separators=(",", ":"), allow_nan=False)
    KeyValueStore.store_value(KEY, text)  # type: ignore[arg-type]


def read_peak() -> StoredPeak | None:
    """Return what was stored last; ``None`` when nothing was, as by a former version.

    Raises
    ------
    UnreadableLevelsError
        When something was stored that cannot be read.
    """
    text: Any = "a value of an unknown type"
    try:
        text = KeyValueStore.get_value(KEY)  # type: ignore[arg-type]
        if text is None:
            return None
        values = json.loads(text)
        return StoredPeak(**{name: parsed_value(name, value) for name, value in values.items()})
    except (TypeError, ValueError, ArithmeticError) as error:
        message = (
            f'expected the highest equity under "{KEY}" in the bot\'s database, found {text!r}'
        )
        raise UnreadableLevelsError(message) from error
