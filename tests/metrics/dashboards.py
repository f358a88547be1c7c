"""The dashboards as code; ``python -m tests.metrics.dashboards`` writes docker/grafana/dashboards.

Each panel is a title, a kind, a unit of Grafana's and its queries with their legends.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as grafana
from grafana_foundation_sdk.builders import prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from tests.conftest import ROOT

FOLDER = ROOT / "docker/grafana/dashboards"
SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")
ALL = '{bot=~"$bot"}'
WIDE, HIGH, SMALL, LOW = 12, 8, 4, 4


@dataclass(frozen=True)
class Panel:
    """One panel; ``needs`` says what a bot must have for it to show anything."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    small: bool = False
    needs: str = ""


@dataclass(frozen=True)
class Board:
    """One dashboard: rows of panels."""

    uid: str
    title: str
    rows: tuple[tuple[str, tuple[Panel, ...]], ...]

    @property
    def panels(self) -> Iterator[Panel]:
        for _, panels in self.rows:
            yield from panels


def one(
    title: str,
    unit: str,
    query: str,
    legend: str = "{{bot}}",
    *,
    small: bool = False,
    needs: str = "",
) -> Panel:
    """Return a panel of one query."""
    return Panel(title, unit, ((query, legend),), small, needs)


def figure(title: str, unit: str, name: str, **others: str) -> Panel:
    """Return a small panel with the newest value of a metric."""
    return one(title, unit, f"{name}{ALL}", small=True, **others)


def lines(title: str, unit: str, name: str, legend: str, **others: str) -> Panel:
    """Return a wide panel of a metric by one of its labels."""
    return one(title, unit, f"{name}{ALL}", f"{{{{bot}}}} {{{{{legend}}}}}", **others)


def mean(what: str) -> str:
    """Return the query of a histogram's mean since the log began."""
    name = f"plimsoll_{what}_delay_seconds"
    return f"{name}_sum{ALL} / {name}_count{ALL}"


ACCOUNT = Board(
    "plimsoll-account",
    "Plimsoll: account",
    (
        (
            "Now",
            (
                figure("Equity", "currencyUSD", "plimsoll_equity_usd"),
                figure("Drawdown", "percentunit", "plimsoll_drawdown_ratio"),
                figure("Loss of the day", "percentunit", "plimsoll_daily_loss_ratio"),
                figure("Most used limit", "percentunit", "bot:plimsoll_limit_used_ratio:max"),
                figure("Exposure", "percentunit", "bot:plimsoll_exposure_ratio:current"),
                figure("Heat", "currencyUSD", "plimsoll_heat_usd"),
            ),
        ),
        (
            "Equity and limits",
            (
                Panel(
                    "Equity and levels",
                    "currencyUSD",
                    tuple(
                        (f"plimsoll_{name}_usd{ALL}", f"{{{{bot}}}} {name.replace('_', ' ')}")
                        for name in ("equity", "day_start_equity", "high_water_equity")
                    ),
                ),
                lines("Limits used", "percentunit", "plimsoll_limit_used_ratio", "rule"),
                one("Mode", "none", f"plimsoll_mode{ALL} == 1", "{{bot}} {{mode}}"),
                lines("Verdicts held", "none", "plimsoll_verdicts_held", "rule", needs="a verdict"),
            ),
        ),
        (
            "Positions and profit",
            (
                lines("Notional", "currencyUSD", "plimsoll_position_notional_usd", "pair"),
                lines("Open profit", "currencyUSD", "plimsoll_position_profit_usd", "pair"),
                lines(
                    "Realised profit by pair",
                    "currencyUSD",
                    "bot_pair:plimsoll_realised_profit_usd:sum",
                    "pair",
                ),
                lines(
                    "Realised profit by tag",
                    "currencyUSD",
                    "bot_tag:plimsoll_realised_profit_usd:sum",
                    "tag",
                ),
                one(
                    "Trades that closed",
                    "none",
                    f"sum by (bot, pair) (plimsoll_trades_closed_total{ALL})",
                    "{{bot}} {{pair}}",
                ),
                Panel(
                    "Fees and funding",
                    "currencyUSD",
                    (
                        (f"plimsoll_fees_usd{ALL}", "{{bot}} fees"),
                        (f"plimsoll_funding_usd{ALL}", "{{bot}} funding"),
                    ),
                ),
            ),
        ),
        (
            "At the exchange",
            (
                Panel(
                    "Equity by bot and by exchange",
                    "currencyUSD",
                    (
                        (f"plimsoll_equity_usd{ALL}", "{{bot}} bot"),
                        (f"plimsoll_exchange_equity_usd{ALL}", "{{bot}} exchange"),
                    ),
                ),
                lines(
                    "Differences of the books",
                    "none",
                    "plimsoll_breaks",
                    "kind",
                    needs="a live account whose books differ",
                ),
            ),
        ),
    ),
)
HEALTH = Board(
    "plimsoll-health",
    "Plimsoll: health of the bot",
    (
        (
            "Now",
            (
                figure("Bot up", "none", "plimsoll_bot_up"),
                figure("Watchdog up", "none", "plimsoll_watchdog_up"),
                figure("Since the last loop", "s", "plimsoll_bot_loop_age_seconds"),
                figure("Alarms that wait", "none", "plimsoll_undelivered_alarms"),
                figure("Flag file", "none", "plimsoll_halt_flag"),
                figure("To be closed for", "s", "plimsoll_closing_seconds"),
            ),
        ),
        (
            "Sources and conditions",
            (
                lines("Sources that can be read", "none", "plimsoll_source_up", "source"),
                lines("Age of sources", "s", "plimsoll_source_age_seconds", "source"),
                lines("Conditions", "none", "plimsoll_condition", "condition"),
                lines("Reading takes", "s", "plimsoll_source_read_seconds", "source"),
            ),
        ),
        (
            "What the bot does",
            (
                one(
                    "Loops a minute",
                    "none",
                    f"60 * rate(plimsoll_bot_loops_total{ALL}[2m])",
                ),
                figure("Guards' look to end of loop", "s", "plimsoll_bot_loop_duration_seconds"),
                lines("Records of the decision log", "none", "plimsoll_decisions_total", "kind"),
                lines("Denials by rule", "none", "plimsoll_denials_total", "rule"),
                lines(
                    "Faults", "none", "plimsoll_errors_total", "where", needs="a fault in the log"
                ),
                lines("Halts", "none", "plimsoll_halts_total", "rule", needs="a halt"),
                lines(
                    "Accuracy of models",
                    "percentunit",
                    "plimsoll_model_accuracy_ratio",
                    "model",
                    needs="a bot with a model",
                ),
                one(
                    "Memory of the exporter",
                    "bytes",
                    'process_resident_memory_bytes{job="plimsoll"}',
                    "exporter",
                ),
            ),
        ),
    ),
)
FEED = Board(
    "plimsoll-feed",
    "Plimsoll: the market's feed",
    (
        (
            "Now",
            (
                figure("Latest pair is late by", "s", "plimsoll_candle_late_seconds"),
                figure("Requests that failed", "none", "plimsoll_api_errors"),
                figure("Request weight", "none", "plimsoll_exchange_used_weight"),
                figure("Clock skew", "s", "plimsoll_exchange_clock_skew_seconds"),
            ),
        ),
        (
            "Candles and orders",
            (
                lines("Age of the newest candle", "s", "plimsoll_candle_age_seconds", "pair"),
                figure("Age by REST", "s", "plimsoll_bot_candle_age_seconds"),
                Panel(
                    "Candle to analysis",
                    "s",
                    (
                        ("bot:plimsoll_candle_delay_seconds:p99_1h", "{{bot}} 99th percentile"),
                        (
                            mean("candle"),
                            "{{bot}} mean since the log began",
                        ),
                    ),
                ),
                Panel(
                    "Candle to order",
                    "s",
                    (
                        ("bot:plimsoll_order_delay_seconds:p99_1h", "{{bot}} 99th percentile"),
                        (
                            mean("order"),
                            "{{bot}} mean since the log began",
                        ),
                    ),
                ),
            ),
        ),
    ),
)
BOARDS = (ACCOUNT, HEALTH, FEED)


def built(board: Board) -> str:
    """Return the JSON of a dashboard."""
    made = (
        grafana.Dashboard(board.title)
        .uid(board.uid)
        .tags(["plimsoll"])
        .refresh("10s")
        .time("now-6h", "now")
        .timezone("utc")
        .with_variable(
            grafana.QueryVariable("bot")
            .datasource(SOURCE)
            .query("label_values(plimsoll_bot_up, bot)")
            .multi(True)
            .include_all(True)
        )
    )
    for title, panels in board.rows:
        made.with_row(grafana.Row(title))
        for panel in panels:
            made.with_panel(_panel(panel))
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


def _panel(panel: Panel) -> stat.Panel | timeseries.Panel:
    built_panel = stat.Panel() if panel.small else timeseries.Panel()
    built_panel.title(panel.title).unit(panel.unit).datasource(SOURCE)
    built_panel.span(SMALL if panel.small else WIDE).height(LOW if panel.small else HIGH)
    if panel.needs:
        built_panel.description(f"Empty without {panel.needs}.")
    for number, (query, legend) in enumerate(panel.queries):
        target = prometheus.Dataquery().expr(query).legend_format(legend)
        built_panel.with_target(target.ref_id(chr(ord("A") + number)))
    return built_panel


def main() -> None:
    """Write every dashboard."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for board in BOARDS:
        (FOLDER / f"{board.uid}.json").write_text(built(board), encoding="utf-8")


if __name__ == "__main__":
    main()
