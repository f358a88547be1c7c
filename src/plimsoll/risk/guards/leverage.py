"""Leverage that the track record has earned."""

from plimsoll.core import AccountSnapshot, EntryRequest, TrackRecord, Verdict
from plimsoll.risk.denial import above, active, known, positive, refuse, unknown
from plimsoll.risk.profile import RiskProfile

RULE = "leverage"


def leverage(request: EntryRequest, account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Refuse an entry with more leverage than the account has earned; exactly so much is fine."""
    limit = allowed_leverage(account.track_record, profile)
    asked = request.leverage
    if not positive(asked):
        missing = f"leverage {asked}"
        return unknown(RULE, missing, account, profile, pair=request.pair, limit=limit)
    if not above(asked, limit):
        return active(RULE)
    reason = f"leverage {asked:g} is above the {limit:g} that the track record allows"
    return refuse(RULE, request, account, profile, reason=reason, value=asked, limit=limit)


def allowed_leverage(record: TrackRecord | None, profile: RiskProfile) -> float:
    """Return the highest leverage of an account with this record.

    The higher tier needs all of: enough trades, a win rate and a Sharpe ratio above their
    limits, a drawdown below its limit. What is missing or not finite proves nothing.
    """
    proven = (
        record is not None
        and record.trades >= profile.proven_trades
        and known(record.win_rate_fraction)
        and record.win_rate_fraction > profile.proven_win_rate_fraction
        and known(record.sharpe)
        and record.sharpe > profile.proven_sharpe
        and known(record.max_drawdown_fraction)
        and 0 <= record.max_drawdown_fraction < profile.proven_drawdown_fraction
    )
    return profile.proven_max_leverage if proven else profile.max_leverage
