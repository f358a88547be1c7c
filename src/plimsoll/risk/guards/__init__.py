"""Every guard, by what it looks at. A file is named after the condition that its guard watches."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from plimsoll.core import AccountSnapshot, EntryRequest, Verdict
from plimsoll.risk.guards.api_errors import api_errors
from plimsoll.risk.guards.break_even import break_even
from plimsoll.risk.guards.consecutive_losses import consecutive_losses
from plimsoll.risk.guards.cooldown import cooldown
from plimsoll.risk.guards.correlation import correlation
from plimsoll.risk.guards.daily_loss import daily_loss
from plimsoll.risk.guards.divergence import divergence
from plimsoll.risk.guards.drawdown import drawdown
from plimsoll.risk.guards.exposure import exposure
from plimsoll.risk.guards.leverage import leverage
from plimsoll.risk.guards.liquidation_distance import liquidation_distance
from plimsoll.risk.guards.liquidity import liquidity
from plimsoll.risk.guards.manual_halt import manual_halt
from plimsoll.risk.guards.model_accuracy import model_accuracy
from plimsoll.risk.guards.open_positions import open_positions
from plimsoll.risk.guards.order_throttle import order_throttle
from plimsoll.risk.guards.portfolio_heat import portfolio_heat
from plimsoll.risk.guards.position_size import position_size
from plimsoll.risk.guards.price_collar import price_collar
from plimsoll.risk.guards.probation import probation
from plimsoll.risk.guards.reconciliation import reconciliation
from plimsoll.risk.guards.risk_per_trade import risk_per_trade
from plimsoll.risk.guards.round_trip_cost import round_trip_cost
from plimsoll.risk.guards.spread import spread
from plimsoll.risk.guards.stale_data import stale_data
from plimsoll.risk.guards.terminal_drawdown import terminal_drawdown
from plimsoll.risk.guards.trades_per_day import trades_per_day
from plimsoll.risk.guards.trading_hours import trading_hours
from plimsoll.risk.profile import RiskProfile

AccountGuard = Callable[[AccountSnapshot, RiskProfile], Verdict]
PairGuard = Callable[[str, AccountSnapshot, RiskProfile], Verdict]
EntryGuard = Callable[[EntryRequest, AccountSnapshot, RiskProfile], Verdict]


@dataclass(frozen=True, slots=True)
class Guards:
    """The guards that one caller asks: of the account, of each of its pairs, of an entry."""

    account: tuple[AccountGuard, ...] = ()
    pair: tuple[PairGuard, ...] = ()
    entry: tuple[EntryGuard, ...] = ()

    def names(self) -> list[str]:
        """Return the names of all, in order."""
        guards: tuple[Callable[..., Verdict], ...] = (*self.account, *self.pair, *self.entry)
        return [name_of(guard) for guard in guards]

    def only(self, names: Iterable[str]) -> "Guards":
        """Return the guards of these names.

        Raises
        ------
        ValueError
            When a name is not that of a guard.
        """
        wanted = set(names)
        if missing := sorted(wanted - set(self.names())):
            message = f"expected guards of {self.names()}, found {missing}"
            raise ValueError(message)
        return Guards(
            tuple(guard for guard in self.account if name_of(guard) in wanted),
            tuple(guard for guard in self.pair if name_of(guard) in wanted),
            tuple(guard for guard in self.entry if name_of(guard) in wanted),
        )

    def blind(self, seen: Iterable[str]) -> dict[str, list[str]]:
        """Return the guards that need more than the snapshot fields ``seen``, with what they miss.

        A caller that cannot fill a field says this once, and asks ``only`` the others.
        """
        fields = set(seen)
        missed = {name: sorted(set(NEEDS.get(name, ())) - fields) for name in self.names()}
        return {name: missing for name, missing in missed.items() if missing}


def name_of(guard: Callable[..., Verdict]) -> str:
    """Return a guard's rule name: that of its function."""
    return getattr(guard, "__name__", repr(guard))


GUARDS = Guards(
    account=(
        manual_halt,
        reconciliation,
        drawdown,
        terminal_drawdown,
        probation,
        daily_loss,
        divergence,
        break_even,
        consecutive_losses,
        api_errors,
        order_throttle,
        trades_per_day,
        trading_hours,
        model_accuracy,
    ),
    pair=(liquidation_distance, stale_data, cooldown),
    entry=(
        position_size,
        exposure,
        open_positions,
        portfolio_heat,
        risk_per_trade,
        correlation,
        leverage,
        price_collar,
        spread,
        liquidity,
        round_trip_cost,
    ),
)

NEEDS: dict[str, tuple[str, ...]] = {
    "reconciliation": ("breaks",),
    "drawdown": ("equity_usd", "high_water_equity_usd"),
    "terminal_drawdown": ("equity_usd", "peak_equity_usd"),
    "daily_loss": ("equity_usd", "day_start_equity_usd"),
    "divergence": ("closed_trades",),
    "break_even": ("closed_trades",),
    "consecutive_losses": ("closed_trades",),
    "api_errors": ("api_health",),
    "order_throttle": ("order_times",),
    "trades_per_day": ("closed_trades", "positions"),
    "model_accuracy": ("models",),
    "liquidation_distance": ("positions",),
    "stale_data": ("data_health",),
    "cooldown": ("closed_trades",),
    "position_size": ("equity_usd", "positions"),
    "exposure": ("equity_usd", "positions"),
    "open_positions": ("positions",),
    "portfolio_heat": ("equity_usd", "positions"),
    "risk_per_trade": ("equity_usd", "positions"),
    "correlation": ("positions",),
}
"""Fields of the snapshot without which a guard cannot answer ACTIVE."""
