"""Candles that are late, missing, from the future or not to be believed."""

from plimsoll.core import AccountSnapshot, Mode, PairData, Verdict
from plimsoll.risk.denial import active, positive, recheck_at, unknown
from plimsoll.risk.profile import RiskProfile

RULE = "stale_data"


def stale_data(pair: str, account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Take no entries on late or implausible data; close a position held blindly too long.

    A candle is late from the moment the one after the newest should have closed. A delay
    exactly at a limit is allowed.

    Returns
    -------
    REDUCING of the pair, FLATTEN of a pair that is held; ACTIVE otherwise.
    """
    limit = profile.max_candle_delay_seconds
    data = account.data_health.pairs.get(pair) if account.data_health is not None else None
    if data is None:
        return unknown(RULE, f"no data of {pair}", account, profile, pair=pair, limit=limit)
    delay = _delay_seconds(data, account)
    if delay is None:
        missing = (
            f"newest candle of {pair} closed at {data.newest_candle_closed_at}, "
            f"candles of {data.candle_seconds} s, now {account.as_of}"
        )
        return unknown(RULE, missing, account, profile, pair=pair, limit=limit)
    blind = profile.max_blind_seconds
    if delay > blind and account.position(pair) is not None:
        return _late(Mode.FLATTEN, delay, blind, pair, account, profile)
    if data.implausible is not None:
        return unknown(RULE, data.implausible, account, profile, pair=pair, limit=limit)
    if delay > limit:
        return _late(Mode.REDUCING, delay, limit, pair, account, profile)
    if data.signal_fault is not None:
        until = recheck_at(account, profile)
        return Verdict(Mode.REDUCING, RULE, data.signal_fault, until, pair=pair)
    return active(RULE, pair)


def _delay_seconds(data: PairData, account: AccountSnapshot) -> float | None:
    newest = data.newest_candle_closed_at
    if newest is None or newest > account.as_of or not positive(data.candle_seconds):
        return None
    return (account.as_of - newest).total_seconds() - data.candle_seconds


def _late(
    mode: Mode,
    delay: float,
    limit: float,
    pair: str,
    account: AccountSnapshot,
    profile: RiskProfile,
) -> Verdict:
    reason = f"newest candle of {pair} is {delay:.1f} s late, limit {limit:g} s"
    until = recheck_at(account, profile)
    return Verdict(mode, RULE, reason, until, pair=pair, value=delay, limit=limit)
