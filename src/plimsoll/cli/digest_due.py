"""Which reviews of a bot are on record, and which are due next."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from plimsoll.performance.calendar_periods import Length, Period, last_whole

if TYPE_CHECKING:
    from plimsoll.control.bot import Bot
    from plimsoll.control.period_log import PeriodLog


def due_of(
    bot: "Bot | None",
    log: "PeriodLog | None",
    period: Period,
    reviews: Sequence[Mapping[str, Any]] = (),
) -> Sequence[str]:
    """Return the reviews that are due as of a period's end, in words.

    The monthly review of the last whole month of a bot that ran in it, and that of the gate
    whose verdict lets it trade, `REVIEW_DAYS` after it.
    """
    from plimsoll.control.reviews import review_of

    if bot is None or log is None:
        return ()
    due = []
    month = last_whole(Length.MONTHLY, period.end)
    ran = log.operation is not None and log.operation.first_at < month.end
    if ran and review_of(reviews, log.strategy, month.name) is None:
        due.append(f"the review of {month.name} (plimsoll review --monthly)")
    return [*due, *_of_the_gate(bot, log.strategy, period)]


def _of_the_gate(bot: "Bot", strategy: str | None, period: Period) -> list[str]:
    from plimsoll.gates.admission import OPENING, REVIEW_DAYS
    from plimsoll.gates.bundle import BundleError, read_bundle
    from plimsoll.gates.places import bundle_file

    userdir, bundles = bot.config["user_data_dir"], []
    for gate in OPENING if strategy else ():
        try:
            bundles.append(read_bundle(bundle_file(userdir, str(strategy), gate)))
        except BundleError:
            continue
    if not bundles:
        return []
    newest = max(bundles, key=lambda one: one.made_at)
    at = newest.made_at + timedelta(days=REVIEW_DAYS)
    state = "overdue since" if at < period.end.to_pydatetime() else "until"
    return [f"a review of the {newest.gate.value} gate's verdict, {state} {at:%Y-%m-%d}"]
