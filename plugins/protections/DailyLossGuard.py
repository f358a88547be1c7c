"""The daily loss limit as a native Freqtrade protection, for any strategy."""

from datetime import datetime
from typing import Any

from freqtrade.exceptions import OperationalException
from freqtrade.plugins.protections import IProtection, ProtectionReturn

from plimsoll.bridge.account_view import realised_account
from plimsoll.bridge.settings import settings_from
from plimsoll.core import Mode, PlimsollError
from plimsoll.risk import GUARDS, evaluate

GUARD = GUARDS.only(["daily_loss"])


class DailyLossGuard(IProtection):
    """Lock all pairs until the trading day ends when the day's realised loss is at its limit.

    The limit is ``plimsoll.risk`` of the config. Freqtrade asks a protection only when a trade
    closes and shows it closed trades only: the loss of an open position is not seen here.
    """

    has_global_stop = True
    has_local_stop = False

    def __init__(self, config: dict[str, Any], protection_config: dict[str, Any]) -> None:
        super().__init__(config, protection_config)
        if unknown := sorted(set(protection_config) - {"method"}):
            raise OperationalException(
                f"plimsoll: DailyLossGuard takes no options, found {', '.join(unknown)}; "
                "set its limits under plimsoll.risk in the config"
            )
        try:
            self._profile = settings_from(config).risk
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None

    def short_desc(self) -> str:
        profile = self._profile
        usd = f" or {profile.max_daily_loss_usd:g} USD" if profile.max_daily_loss_usd else ""
        return (
            f"{self.name} - no entries until the trading day ends after a realised loss of "
            f"{profile.max_daily_loss_fraction:.1%}{usd}. It does not see open positions."
        )

    def global_stop(
        self, date_now: datetime, side: str, starting_balance: float
    ) -> ProtectionReturn | None:
        account = realised_account(
            date_now,
            starting_balance=starting_balance,
            day_starts_at_hour_utc=self._profile.day_starts_at_hour_utc,
        )
        verdict = evaluate(account, self._profile, GUARD).account
        if verdict.mode is Mode.ACTIVE or verdict.until is None:
            return None
        return ProtectionReturn(lock=True, until=verdict.until, reason=verdict.reason)

    def stop_per_pair(
        self, pair: str, date_now: datetime, side: str, starting_balance: float
    ) -> None:
        return None
