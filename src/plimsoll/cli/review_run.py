"""One review: the digest of its period, the criteria of scaling, and the decision on record."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plimsoll.cli.digest_run import Asked, Made, made_digest
from plimsoll.core.errors import PlimsollError, UsageError
from plimsoll.gates.scaling import Decision

if TYPE_CHECKING:
    from plimsoll.cli import gate_run
    from plimsoll.control.bot import Bot
    from plimsoll.gates.bundle import Bundle
    from plimsoll.gates.judging import Judged
    from plimsoll.reporting.digest import Digest


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person decides, who, and why."""

    decision: Decision
    by: str
    reason: str

    @classmethod
    def of(cls, decide: str, by: str, reason: str) -> "Wish":
        """Read the options; raises `UsageError` for another word, or without name or reason."""
        if decide not in set(Decision):
            raise UsageError(f"expected --decide to be {', '.join(Decision)}, found {decide!r}")
        if not by.strip() or not reason.strip():
            raise UsageError("expected --by and --reason: who decides, and why")
        if ":" in by:
            raise UsageError(f"expected a name without a colon in --by, found {by!r}")
        return cls(Decision(decide), by.strip(), reason.strip())


@dataclass(frozen=True, eq=False)
class Reviewed:
    """A review as it is told.

    Attributes
    ----------
    judged
        The criteria of scaling, over the present step of capital.
    of_period
        What the digest says of the same, by the criterion's name, over the period alone.
    capital_usd
        What the gate's verdict lets the bot trade with; None without one.
    closed
        Why that verdict does not count; empty where it does.
    recommended
        What the evidence speaks for.
    record
        The decision as it stands in the log of reviews; None where nothing was decided.
    is_new
        Whether it was written now.
    """

    digest: "Digest"
    judged: "tuple[Judged, ...]"
    of_period: Mapping[str, float]
    capital_usd: float | None
    closed: str
    recommended: Decision
    record: Mapping[str, Any] | None = field(default=None)
    is_new: bool = False

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "digest": self.digest.as_record(),
            "criteria": [one.as_record() for one in self.judged],
            "of_period": dict(self.of_period),
            "capital_usd": self.capital_usd,
            "closed": self.closed or None,
            "recommended": self.recommended.value,
            "review": None if self.record is None else dict(self.record),
            "is_new": self.is_new,
        }


def reviewed(
    asked: Asked, wish: Wish | None, strategy_path: Path | None, now: datetime | None = None
) -> Reviewed:
    """Look at a period and, with a wish, put the decision on record.

    Raises
    ------
    PlimsollError
        When a decision is refused: an increase without its criteria, or another decision than the
        one on record.
    UsageError
        As `made_digest` and the gates, and where there is no such step of capital.
    """
    from plimsoll.control.reviews import deciding

    at = now or datetime.now(UTC)
    made = made_digest(asked, now)
    bot = _require_bot(made.bot)
    with nullcontext() if wish is None else deciding(bot.folder):
        return _looked(asked, wish, strategy_path, made, bot, at)


def _looked(
    asked: Asked,
    wish: Wish | None,
    strategy_path: Path | None,
    made: Made,
    bot: "Bot",
    at: datetime,
) -> Reviewed:
    """Look at what is measured and on record at this moment, and decide by that."""
    from plimsoll.cli.gate_run import judged_scaling
    from plimsoll.control.reviews import review_of, reviews_of
    from plimsoll.gates.reviewing import spoken_for

    gate = _gate_asked(asked, strategy_path)
    judged, bundle, closed = judged_scaling(gate, at)
    capital = None if bundle is None else bundle.capital_usd
    name, period = str(gate.strategy), made.digest.period.name
    shown = Reviewed(
        digest=made.digest,
        judged=judged,
        of_period=_of_period(made.digest),
        capital_usd=capital,
        closed=closed,
        recommended=spoken_for(judged, capital),
        record=review_of(reviews_of(bot.folder), name, period),
    )
    if wish is None:
        return shown
    if shown.record is not None:
        return _again(shown, wish)
    return _decided(shown, wish, bot, gate, bundle, at)


def _require_bot(bot: "Bot | None") -> "Bot":
    if bot is None:
        raise UsageError("expected a bot to review, found a database alone; name its config")
    return bot


def _gate_asked(asked: Asked, strategy_path: Path | None) -> "gate_run.Asked":
    from plimsoll.cli import gate_run

    wanted = asked.wanted
    return gate_run.Asked(
        strategy=str(wanted.strategy),
        userdir=wanted.userdir or Path("user_data"),
        config=wanted.config,
        strategy_path=strategy_path,
        db_url=wanted.db_url,
        datadir=wanted.datadir,
    )


def _of_period(digest: "Digest") -> dict[str, float]:
    """Return what the digest says of the criteria; what is not known is not there."""
    told = {
        "step_days": float(digest.period.days),
        "step_profit": None if digest.closed is None else float(digest.closed["profit_abs"].sum()),
        "step_drawdown": digest.drawdown_fraction,
        "position_breaks": None if digest.break_count is None else float(digest.break_count),
    }
    return {name: value for name, value in told.items() if value is not None and value == value}


def _again(shown: Reviewed, wish: Wish) -> Reviewed:
    """Return a review that is on record; another decision is refused."""
    known: Mapping[str, Any] = shown.record or {}
    if known.get("decision") != wish.decision.value:
        raise PlimsollError(
            f"{known.get('period')} is reviewed: {known.get('decision')} by {known.get('by')} at "
            f"{str(known.get('at'))[:16]}; a period is reviewed once, decide on the next"
        )
    return shown


def _decided(
    shown: Reviewed,
    wish: Wish,
    bot: "Bot",
    gate: "gate_run.Asked",
    bundle: "Bundle | None",
    at: datetime,
) -> Reviewed:
    """Put a decision on record: in a verdict of the gate where there is capital, then in the log.

    A crash between the two is made good by the same command: the verdict names its period.
    """
    from plimsoll.control.reviews import record_review
    from plimsoll.gates.reviewing import capital_after

    period = shown.digest.period
    said = f"review of {period.name}: {wish.reason}"
    done = _verdict_of(bundle, said, wish)
    if done is None:
        to_usd = capital_after(wish.decision, shown.judged, shown.capital_usd, shown.closed)
        done = None if to_usd is None else _verdict(gate, wish, said, to_usd, at)
    record = record_review(
        bot.folder,
        at,
        strategy=gate.strategy,
        period=period.name,
        decision=wish.decision.value,
        by=wish.by,
        reason=wish.reason,
        recommended=shown.recommended.value,
        from_usd=shown.capital_usd if done is None else done["review"]["from_usd"],
        to_usd=None if done is None else done["review"]["to_usd"],
        verdict=None if done is None else done["sha256"],
        criteria=[
            {"name": one.criterion.name, "value": one.value, "go": one.go} for one in shown.judged
        ],
        figures=_figures(shown.digest),
        log_head=shown.digest.head,
    )
    return replace(shown, record=record, is_new=True)


def _verdict_of(bundle: "Bundle | None", said: str, wish: Wish) -> Mapping[str, Any] | None:
    """Return a verdict that this very review left before it could be put into the log."""
    told = None if bundle is None else bundle.record.get("review")
    if bundle is None or not isinstance(told, dict):
        return None
    same = told.get("reason") == said and told.get("decision") == wish.decision.value
    return bundle.record if same else None


def _verdict(
    gate: "gate_run.Asked", wish: Wish, said: str, to_usd: float, at: datetime
) -> Mapping[str, Any]:
    from plimsoll.cli.gate_run import run_gate
    from plimsoll.gates.criterion import Gate

    asked = replace(gate, attest=f"{wish.by}: {said}", to_usd=to_usd)
    record = run_gate(Gate.SCALE, asked, at).record
    if wish.decision is Decision.INCREASE and record["verdict"] != "go":
        raise PlimsollError(
            f"no increase: the gate of scaling is a no-go ({'; '.join(record['objections'])})"
        )
    return record


def _figures(digest: "Digest") -> dict[str, Any]:
    told = digest.as_record()
    names = ("equity_usd", "return_fraction", "benchmark_fraction", "causes", "trades", "breaks")
    return {name: told[name] for name in (*names, "drawdown_fraction", "promise", "slippage")}
