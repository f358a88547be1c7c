"""The fall from the highest equity ever, which no re-arming resets."""

from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.risk.denial import active, implausible_mark, rests_on_marks, unknown
from plimsoll.risk.profile import RiskProfile
from plimsoll.risk.rearming import fall_fraction, is_accepted

RULE = "terminal_drawdown"


def terminal_drawdown(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Halt at the terminal drawdown, unless a person has re-armed beyond it since the peak.

    A drawdown exactly at its limit has reached it.

    Returns
    -------
    HALTED; ACTIVE otherwise.
    """
    limit = profile.terminal_drawdown_fraction
    if limit is None or is_accepted(account.beyond_terminal_at, account.peak_at):
        return active(RULE)
    peak, now = account.peak_equity_usd, account.equity_usd
    fall = fall_fraction(now, peak)
    if fall is None or peak is None or now is None:
        missing = f"equity {now} USD, highest equity {peak} USD"
        return unknown(RULE, missing, account, profile, limit=limit)
    if fall < limit:
        return active(RULE)
    within = fall < limit * profile.hard_breach_multiple or implausible_mark(account)
    return Verdict(
        Mode.HALTED,
        RULE,
        f"drawdown {fall:.2%} from the highest equity ever, {peak:.2f} USD, to {now:.2f} USD "
        f"reached its limit {limit:.2%}",
        value=fall,
        limit=limit,
        debounced=within and rests_on_marks(account, now, peak * (1 - limit)),
    )
