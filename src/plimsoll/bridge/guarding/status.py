"""What a running bot's status says of its strategy and of its guards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.config.unseen import unseen_words
from plimsoll.bridge.guarding.supervisor import Supervisor
from plimsoll.bridge.state import locks
from plimsoll.core import Mode, Verdict
from plimsoll.journal import messages
from plimsoll.risk import GUARDS, Evaluation, RiskProfile


def status_of(
    strategy: Any, settings: PlimsollSettings, supervisor: Supervisor, now: datetime
) -> dict[str, Any]:
    """Return the first fields of the status: whose it is, and what the guards say and may do."""
    return {
        "as_of": now,
        "bot": strategy.config.get("bot_name"),
        "strategy": type(strategy).__name__,
        "guards": settings.guards,
        "mode": supervisor.mode.name,
        "why": _why(supervisor.evaluation),
        "held": [locks.lock_text(one) for one in supervisor.held.values()],
        "stops_on_exchange": bool(strategy.order_types.get("stoploss_on_exchange")),
        "unseen": unseen_words(strategy.config),
    }


def started_words(
    strategy: Any,
    profile: RiskProfile,
    open_pairs: Sequence[str],
    held: Sequence[Verdict],
    *,
    observing: bool,
) -> str:
    """Return in one message what begins: mode, guards, limits, what is open, held and not seen."""
    config = strategy.config
    limits = {
        "daily loss": profile.max_daily_loss_fraction,
        "drawdown": profile.drawdown_halt_fraction,
        "risk per trade": profile.max_risk_per_trade_fraction,
    }
    said = messages.started(
        strategy=type(strategy).__name__,
        is_live=not config["dry_run"],
        exchange=str(config["exchange"]["name"]),
        guards=len(GUARDS.names()),
        limits=limits,
        open_pairs=sorted(open_pairs),
        held=held,
        observing=observing,
    )
    return f"{said} {unseen_words(config)}".rstrip()


def _why(evaluation: Evaluation | None) -> str | None:
    """Return rule and reason of the strictest denial of the account; ``None`` without one."""
    if evaluation is None or evaluation.mode is Mode.ACTIVE:
        return None
    return f"{evaluation.account.rule}: {evaluation.account.reason}"
