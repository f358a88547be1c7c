"""What the guards of a running bot see, in figures, for whoever measures from outside."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from plimsoll.bridge.account.live import LiveAccount
from plimsoll.bridge.guarding.rearming import rearming_facts
from plimsoll.core import AccountSnapshot, Verdict
from plimsoll.risk import RiskProfile
from plimsoll.risk.exposure import exposure_usd, heat_usd
from plimsoll.risk.latch import Key
from plimsoll.risk.limit_use import limit_uses, recent_api_errors


def account_status(
    account: LiveAccount, profile: RiskProfile, held: Mapping[Key, Verdict], now: datetime
) -> dict[str, Any]:
    """Return what a bot's status says of its account: breaks, levels, re-arming and meters.

    ``meters`` is ``None`` in a loop in which the account could not be seen.
    """
    seen = account.seen
    return {
        "breaks": [asdict(one) for one in account.breaks],
        **account.facts(),
        "rearming": rearming_facts(account.standing, profile, now),
        "verdicts": [
            {"rule": rule, "pair": pair, "mode": verdict.mode.name}
            for (rule, pair), verdict in held.items()
        ],
        "meters": None if seen is None else meters_of(seen, profile),
    }


def meters_of(account: AccountSnapshot, profile: RiskProfile) -> dict[str, Any]:
    """Return the figures of one look as plain values; ``None`` is what is not known."""
    pairs = {} if account.data_health is None else account.data_health.pairs
    return {
        "as_of": account.as_of,
        "starting_balance_usd": account.starting_balance_usd,
        "exposure_usd": exposure_usd(account),
        "heat_usd": heat_usd(account, profile),
        "api_errors": recent_api_errors(account, profile),
        "limits": [
            {**asdict(one), "used_fraction": one.used_fraction}
            for one in limit_uses(account, profile)
        ],
        "candles": {
            pair: {"closed_at": data.newest_candle_closed_at, "seconds": data.candle_seconds}
            for pair, data in pairs.items()
        },
        "positions": [
            {
                "pair": one.pair,
                "side": one.side.value,
                "notional_usd": one.notional_usd,
                "unrealised_usd": one.unrealised_usd,
                "has_stop": one.stop_price is not None,
            }
            for one in account.positions or ()
        ],
        "models": [asdict(one) for one in account.models or ()],
    }
