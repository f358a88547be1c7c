"""Every metric of the exporter: its name, kind, labels, source and meaning.

Names follow Prometheus: base units in the name, ``_total`` for what only grows. Money is in the
bot's stake currency, which the kit calls USD. ``docs/metrics.md`` has this table; a test holds it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PREFIX = "plimsoll_"


class Kind(StrEnum):
    """How Prometheus takes a metric."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


class Source(StrEnum):
    """Where figures come from."""

    EXPORTER = "exporter"
    REST = "rest"
    STATUS = "status"
    DATABASE = "database"
    LOG = "log"
    EXCHANGE = "exchange"
    WATCHDOG = "watchdog"
    CONTROL_BOT = "control_bot"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; every one has the label ``bot`` before ``labels``."""

    name: str
    help: str
    source: Source
    labels: tuple[str, ...] = ()
    kind: Kind = Kind.GAUGE


def _of(source: Source, *rows: tuple[str, str, str], kind: Kind = Kind.GAUGE) -> list[Metric]:
    """Return the metrics of a source: name without prefix, labels with spaces between, help."""
    return [
        Metric(f"{PREFIX}{name}", text, source, tuple(labels.split()), kind)
        for name, labels, text in rows
    ]


_SOURCES = _of(
    Source.EXPORTER,
    ("source_up", "source", "1 when the source could be read the last time, else 0."),
    ("source_age_seconds", "source", "Since the source was last read well; NaN when never."),
    ("source_read_seconds", "source", "How long the last reading took, well or not."),
    ("bot_info", "bot_name exchange mode", "1; mode is dry_run or live, by the config."),
)
_REST = _of(
    Source.REST,
    ("bot_up", "", "1 when the bot answers (without REST: writes its status), else 0."),
    ("bot_state", "state", "1 for the state the bot is in: running, paused or stopped."),
    ("bot_loop_age_seconds", "", "Since the last sign of the bot's loop, by REST or its status."),
    ("bot_loop_duration_seconds", "", "From the guards' look to the end of the bot's last loop."),
    ("bot_candle_age_seconds", "", "Since the bot's newest analysed candle closed, by REST."),
    ("bot_open_trades", "", "Open trades, by REST."),
    ("condition", "condition", "1 while what the watchdog looks for is seen; absent: not judged."),
)
_STATUS = _of(
    Source.STATUS,
    ("bot_strategy_info", "strategy guards", "1; the strategy, and whether its guards enforce."),
    ("mode", "mode", "1 for the mode of the guards: ACTIVE, REDUCING, FLATTEN or HALTED."),
    ("verdicts_held", "rule", "Verdicts in force that have acted, of the account and of pairs."),
    ("halt_flag", "", "1 while the flag file is up."),
    ("probation", "", "1 while stakes are smaller after a re-arming."),
    ("equity_usd", "", "Equity as the guards mark it."),
    ("day_start_equity_usd", "", "Equity when the trading day began."),
    ("high_water_equity_usd", "", "Highest equity since a person last re-armed."),
    ("peak_equity_usd", "", "Highest equity ever."),
    ("drawdown_ratio", "", "Fall of equity below its high-water mark, as a fraction of it."),
    ("peak_drawdown_ratio", "", "Fall of equity below its highest ever, as a fraction of it."),
    ("daily_loss_ratio", "", "Loss since the day began, as a fraction of its equity; gains are 0."),
    ("limit_value", "rule", "What a limit judges, in the guard's own unit."),
    ("limit_threshold", "rule", "The limit itself, in the same unit."),
    ("limit_used_ratio", "rule", "Value over limit: at 1 the guard acts."),
    ("exposure_usd", "", "Notional of all open positions."),
    ("heat_usd", "", "What all stops would cost."),
    ("open_positions", "", "Open positions, as the guards see them."),
    ("positions_without_stop", "", "Open positions for which the bot has no stop price."),
    ("position_notional_usd", "pair side", "Notional of an open position."),
    ("position_profit_usd", "pair side", "Its open profit at the mark, before fees."),
    ("closing_positions", "", "Positions that guards want closed and that are still open."),
    ("closing_seconds", "", "For how long the oldest of them has been to be closed."),
    ("breaks", "kind", "Differences of the exchange's books and the database that stand."),
    ("api_errors", "", "Requests within the guard's window that failed after every retry."),
    ("candle_age_seconds", "pair", "Since the newest candle of a pair closed."),
    ("candle_late_seconds", "", "Of the latest pair: how much later than it should its candle is."),
    ("model_accuracy_ratio", "model", "How often a model was right over its last predictions."),
    ("model_predictions", "model", "Predictions that this rests on."),
    ("undelivered_alarms", "", "Alarms of the bot that wait for delivery."),
    ("undelivered_alarm_age_seconds", "", "Age of the oldest of them; 0 without any."),
    ("nobody_is_told", "", "1 when the bot has no messenger."),
)
_STATUS_COUNTERS = _of(
    Source.STATUS,
    ("bot_loops_total", "", "Loops since the bot started."),
    kind=Kind.COUNTER,
)
_DATABASE = _of(
    Source.DATABASE,
    ("realised_profit_usd", "pair side tag", "Realised profit, partial exits included."),
    ("fees_usd", "", "Fees of all fills, in the stake currency."),
    ("funding_usd", "", "Funding of all trades; below 0: paid."),
    ("open_trades", "", "Open trades in the database."),
    ("open_orders", "", "Open orders in the database."),
)
_DATABASE_COUNTERS = _of(
    Source.DATABASE,
    ("trades_closed_total", "pair side tag", "Trades that have closed."),
    ("trades_won_total", "pair side tag", "Those of them with a profit."),
    kind=Kind.COUNTER,
)
_LOG = _of(
    Source.LOG,
    ("log_last_record_timestamp_seconds", "", "Time of the newest record, by the bot's clock."),
)
_LOG_COUNTERS = _of(
    Source.LOG,
    ("decisions_total", "kind", "Records of the decision log."),
    ("denials_total", "rule", "Entries and additions that were refused."),
    ("halts_total", "rule", "Halts of the account."),
    ("errors_total", "where", "Faults after which the bot took the safe course."),
    ("log_damaged_lines_total", "", "Lines that cannot be read or do not have their hash."),
    kind=Kind.COUNTER,
)
_LOG_HISTOGRAMS = _of(
    Source.LOG,
    ("candle_delay_seconds", "", "From a candle's close until the bot had it analysed."),
    ("order_delay_seconds", "", "From the close of the newest candle to an entry's order."),
    kind=Kind.HISTOGRAM,
)
_EXCHANGE = _of(
    Source.EXCHANGE,
    ("exchange_equity_usd", "", "Equity by the exchange's own books."),
    ("exchange_wallet_usd", "", "The wallet there, without open profit."),
    ("exchange_margin_usd", "", "The part of it that backs positions."),
    ("exchange_positions", "", "Open positions there."),
    ("exchange_orders", "", "Open orders there, stops included."),
    ("exchange_clock_skew_seconds", "", "The exchange's clock less this machine's."),
    ("exchange_used_weight", "", "Request weight of this address in the last minute (Binance)."),
)
_WATCHDOG = _of(
    Source.WATCHDOG,
    ("watchdog_up", "", "1 when a watchdog looked within five of its intervals, else 0."),
    ("watchdog_look_age_seconds", "", "Since its last look."),
    ("watchdog_held", "act", "1 for what it holds until a person releases it."),
    ("watchdog_undelivered_alarms", "", "Its alarms that wait for delivery."),
)
_CONTROL_BOT = _of(
    Source.CONTROL_BOT,
    ("control_bot_up", "", "1 when a control bot looked lately and Telegram answers it, else 0."),
    ("control_bot_look_age_seconds", "", "Since its last look."),
    ("control_bot_undelivered_alarms", "", "Its messages that wait for delivery anywhere."),
    ("control_bot_unacknowledged_alarms", "", "Alarms that no person has acknowledged."),
)

METRICS: tuple[Metric, ...] = (
    *_SOURCES,
    *_REST,
    *_STATUS,
    *_STATUS_COUNTERS,
    *_DATABASE,
    *_DATABASE_COUNTERS,
    *_LOG,
    *_LOG_COUNTERS,
    *_LOG_HISTOGRAMS,
    *_EXCHANGE,
    *_WATCHDOG,
    *_CONTROL_BOT,
)
BY_NAME: Mapping[str, Metric] = {one.name: one for one in METRICS}
