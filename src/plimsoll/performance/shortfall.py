"""What of a portfolio's targets its account could not hold, as a backtest's result has it.

The key ``targets`` in the section ``plimsoll`` of a strategy in Freqtrade's exported result::

    {"days": 365, "days_short": 12, "pair_days": 3400, "pair_days_short": 31,
     "asked": 0.61, "held": 0.6, "causes": [{"cause": "…", "pair_days": 31, "gross": 0.01}]}

Gross is the sum of absolute weights, a fraction of equity; its figures are means over the days.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.guard_acts import SECTION

TARGETS = "targets"
"""The key of the section under which the shortfall stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDay:
    """One decision: the gross that was asked for, in how many pairs, and what is missing.

    ``missing`` is by cause and pair, a fraction of equity, above zero.
    """

    asked: float
    pairs: int
    missing: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What one limit left out: on how many pair-days, and of the gross a day."""

    cause: str
    pair_days: int
    gross: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """What of the targets of a run could not be held.

    Attributes
    ----------
    days, days_short
        Decisions, and those of them in which anything is missing.
    pair_days, pair_days_short
        Targets that are not zero, one a pair and decision, and those that are not held in full.
    asked, held
        Mean gross that was asked for and that could be held.
    causes
        Each limit that left something out, the one that left out most first.
    """

    days: int
    days_short: int
    pair_days: int
    pair_days_short: int
    asked: float
    held: float
    causes: tuple[Cause, ...] = ()

    @property
    def held_fraction(self) -> float:
        """The share of the asked gross that could be held; 1 when nothing was asked for."""
        return self.held / self.asked if self.asked > 0 else 1.0

    @classmethod
    def of_days(cls, days: Iterable[TargetDay]) -> "Shortfall":
        """Sum up the decisions of a run."""
        listed = list(days)
        count = max(len(listed), 1)
        asked = sum(day.asked for day in listed) / count
        missing: dict[str, list[float]] = {}
        for day in listed:
            for cause, of_pairs in day.missing.items():
                missing.setdefault(cause, []).extend(of_pairs.values())
        causes = [
            Cause(cause=cause, pair_days=len(parts), gross=sum(parts) / count)
            for cause, parts in missing.items()
        ]
        return cls(
            days=len(listed),
            days_short=sum(bool(day.missing) for day in listed),
            pair_days=sum(day.pairs for day in listed),
            pair_days_short=sum(len(_pairs_short(day)) for day in listed),
            asked=asked,
            held=asked - sum(one.gross for one in causes),
            causes=tuple(sorted(causes, key=lambda one: -one.gross)),
        )

    @classmethod
    def of_records(cls, records: Iterable[Mapping[str, Any]]) -> "Shortfall | None":
        """Sum up the ``targets`` records of a decision log; ``None`` without any.

        Of a day's records the first counts: a bot that starts again decides again. One that
        cannot be read is passed over: a log may be damaged.
        """
        days: dict[str, TargetDay] = {}
        for record in records:
            if (read := _recorded(record)) is not None:
                days.setdefault(str(record.get("day")), read)
        return cls.of_days(days.values()) if days else None

    @classmethod
    def from_result(cls, statistics: Mapping[str, Any]) -> "Shortfall | None":
        """Read one strategy's statistics, ``strategy[NAME]`` of Freqtrade's exported result.

        Returns ``None`` where there is none: the strategy is no portfolio, or the run is older.

        Raises
        ------
        MeasureError
            When it is there and is not of this shape.
        """
        record = (statistics.get(SECTION) or {}).get(TARGETS)
        if record is None:
            return None
        try:
            return cls(**{**record, "causes": tuple(Cause(**one) for one in record["causes"])})
        except (KeyError, TypeError) as error:
            raise MeasureError(
                "what of the targets was held cannot be read from this result "
                f"({type(error).__name__}: {error}); run the backtest again"
            ) from error

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it; `from_result` reads it back."""
        return asdict(self)


def shortfall_words(shortfall: Shortfall) -> str:
    """Say in one sentence how much of its targets a portfolio could hold, and what left it out."""
    begun = (
        f"{shortfall.held_fraction:.1%} of its targets, {shortfall.held:.2f} of "
        f"{shortfall.asked:.2f} gross"
    )
    if not shortfall.causes:
        return begun
    parts = [
        f"{one.cause} leaves out {one.gross / shortfall.asked:.1%}" for one in shortfall.causes
    ]
    return f"{begun}: {', '.join(parts)}"


def shortfall_sentence(shortfall: Shortfall, strategy: str) -> str:
    """Say the same of a run, with its pair-days."""
    short, whole = shortfall.pair_days_short, shortfall.pair_days
    return (
        f"{strategy}: the account could hold {shortfall_words(shortfall)}; "
        f"{short:,} of {whole:,} pair-days were short of their target"
    )


def _recorded(record: Mapping[str, Any]) -> TargetDay | None:
    try:
        return TargetDay(
            asked=float(record["asked"]),
            pairs=int(record["pairs"]),
            missing={
                str(cause): {str(pair): float(part) for pair, part in of_pairs.items()}
                for cause, of_pairs in record["missing"].items()
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _pairs_short(day: TargetDay) -> set[str]:
    return {pair for of_pairs in day.missing.values() for pair in of_pairs}
