"""The gate before money: a live bot shows the verdict that lets it trade, or does not start."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.config.subject import subject_of
from plimsoll.bridge.freqtrade.no_money import is_without_money, port_of_this_machine

logger = logging.getLogger(__name__)

NOT_ASKED = (
    "plimsoll: plimsoll.gate_bundle is empty: no gate is asked before this bot trades with money; "
    "see docs/gates.md"
)


def require_gate(strategy: Any, settings: PlimsollSettings) -> None:
    """Refuse to trade with money without the verdict that ``plimsoll.gate_bundle`` names.

    On the simulated exchange no money is at stake, and none is asked for. An empty setting asks for
    none either, which is said at the start.

    Raises
    ------
    PlimsollError
        In one line, with the command that mends it.
    """
    exchange = strategy.dp._exchange  # noqa: SLF001 - DataProvider offers no exchange
    if not settings.gate_bundle:
        if port_of_this_machine(exchange) is None:
            logger.warning(NOT_ASKED)
        return
    if is_without_money(exchange):
        logger.info("plimsoll: the exchange is simulated, no gate is asked")
        return
    from plimsoll.gates.admission import admit  # the measures behind it take a second to import

    config = strategy.config
    userdir = Path(config["user_data_dir"])
    admitted = admit(
        userdir / settings.gate_bundle,
        userdir,
        subject_of(strategy, config.get("original_config", config), settings),
        capital_of(config),
        datetime.now(UTC),
    )
    verdict = admitted.bundle
    logger.info(
        "plimsoll: the %s gate of %s is open for %s USD",
        verdict.gate.value,
        type(strategy).__name__,
        f"{verdict.capital_usd:,.0f}",
    )
    for text in admitted.warnings:
        logger.warning("plimsoll: %s", text)


def capital_of(config: Any) -> float | None:
    """Return what a config lets a bot trade with; ``None`` when it does not say."""
    value = config.get("available_capital")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)
