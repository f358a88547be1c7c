"""The dashboards as code; ``python -m tests.metrics.dashboards`` writes docker/grafana/dashboards.

Each panel is a title, a kind, a unit of Grafana's and its queries with their legends.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from grafana_foundation_sdk.builders import common, prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.builders import dashboard as grafana
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    Threshold,
    ValueMap,
    ValueMappingResult,
)

from tests.conftest import ROOT

FOLDER = ROOT / "docker/grafana/dashboards"
SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")
ALL = '{bot=~"$bot"}'
COLUMNS = 24
"""Of Grafana's grid; a row of it is 30 pixels high."""
WIDE, HIGH, SMALL, LOW = 12, 8, 4, 4
UNKNOWN = "not known"
RUNS = "a guarded bot that runs"
"""What most figures need, and what a dead bot's dashboard lacks."""
NOT_OF_VARIABLES = ("auto", "auto_count", "auto_min", "id")
"""What the builder gives each variable, and Grafana has for intervals alone, or no more."""
CALM, GOOD, WARNING, BAD = "text", "green", "orange", "red"


class Shape(StrEnum):
    """How a panel shows its queries: the newest figure, lines, or bars of states."""

    FIGURE = "stat"
    LINES = "timeseries"
    STATES = "state-timeline"


Words = Mapping[int, tuple[str, str]]
"""What a value is called, and Grafana's colour of it."""
YES_NO: Words = {1: ("up", GOOD), 0: ("down", BAD)}
FLAG: Words = {1: ("up", BAD), 0: ("down", GOOD)}
READ: Words = {1: ("read", GOOD), 0: ("not read", BAD)}
SEEN: Words = {1: ("seen", BAD), 0: ("not seen", GOOD)}
IN_FORCE: Words = {1: ("in force", WARNING), 0: ("not in force", "transparent")}


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes
    ----------
    needs
        What a bot must have for it to show anything.
    words
        What values are called, where they are no amounts.
    bounds
        From where on a figure is to be looked at, and from where on it is bad.
    """

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    shape: Shape = Shape.LINES
    needs: str = ""
    words: Words | None = None
    bounds: tuple[float, float] | None = None


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
    shape: Shape = Shape.LINES,
    needs: str = "",
    words: Words | None = None,
    bounds: tuple[float, float] | None = None,
) -> Panel:
    """Return a panel of one query."""
    return Panel(title, unit, ((query, legend),), shape, needs, words, bounds)


def figure(
    title: str,
    unit: str,
    name: str,
    *,
    words: Words | None = None,
    bounds: tuple[float, float] | None = None,
    needs: str = RUNS,
) -> Panel:
    """Return a small panel with the value that a metric has now."""
    query, shape = f"{name}{ALL}", Shape.FIGURE
    return one(title, unit, query, shape=shape, words=words, bounds=bounds, needs=needs)


def states(title: str, name: str, legend: str, words: Words) -> Panel:
    """Return a wide panel with a bar for each label, coloured by its value."""
    shown = f"{{{{bot}}}} {{{{{legend}}}}}"
    return one(title, "none", f"{name}{ALL}", shown, shape=Shape.STATES, words=words)


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
                figure(
                    "Most used limit",
                    "percentunit",
                    "bot:plimsoll_limit_used_ratio:max",
                    bounds=(0.8, 1.0),
                ),
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
                states("Mode", "plimsoll_mode", "mode", IN_FORCE),
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
                figure("Bot", "none", "plimsoll_bot_up", words=YES_NO, needs=""),
                figure(
                    "Watchdog",
                    "none",
                    "plimsoll_watchdog_up",
                    words=YES_NO,
                    needs="a watchdog on this machine",
                ),
                figure(
                    "Since the last loop", "s", "plimsoll_bot_loop_age_seconds", bounds=(30, 120)
                ),
                figure("Alarms that wait", "none", "plimsoll_undelivered_alarms", bounds=(1, 5)),
                figure("Flag file", "none", "plimsoll_halt_flag", words=FLAG),
                figure("To be closed for", "s", "plimsoll_closing_seconds", bounds=(30, 120)),
            ),
        ),
        (
            "Sources and conditions",
            (
                states("Sources that can be read", "plimsoll_source_up", "source", READ),
                lines("Age of sources", "s", "plimsoll_source_age_seconds", "source"),
                states("Conditions", "plimsoll_condition", "condition", SEEN),
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
                one(
                    "Guards' look to end of loop",
                    "s",
                    f"plimsoll_bot_loop_duration_seconds{ALL}",
                ),
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
                figure(
                    "Latest pair is late by", "s", "plimsoll_candle_late_seconds", bounds=(30, 60)
                ),
                figure("Requests that failed", "none", "plimsoll_api_errors", bounds=(1, 5)),
                figure(
                    "Request weight", "none", "plimsoll_exchange_used_weight", bounds=(1200, 1920)
                ),
                figure("Clock skew", "s", "plimsoll_exchange_clock_skew_seconds"),
            ),
        ),
        (
            "Candles and orders",
            (
                lines("Age of the newest candle", "s", "plimsoll_candle_age_seconds", "pair"),
                one("Age by REST", "s", f"plimsoll_bot_candle_age_seconds{ALL}"),
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
                    needs="a candle that closed while the bot ran",
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
                    needs="an entry on a candle that closed while the bot ran",
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
    number = 0
    for title, panels in board.rows:
        number += 1
        made.with_row(grafana.Row(title).id(number))
        for panel in panels:
            number += 1
            made.with_panel(_panel(panel).id(number))
    record = json.loads(JSONEncoder(sort_keys=True).encode(made.build()))
    del record["style"]  # which Grafana no longer has
    for variable in record["templating"]["list"]:
        for name in NOT_OF_VARIABLES:
            variable.pop(name, None)
    return json.dumps(record, sort_keys=True, indent=2) + "\n"


Drawn = stat.Panel | statetimeline.Panel | timeseries.Panel


def _panel(panel: Panel) -> Drawn:
    is_figure = panel.shape is Shape.FIGURE
    built_panel = _shaped(panel)
    built_panel.title(panel.title).unit(panel.unit).datasource(SOURCE).no_value(UNKNOWN)
    built_panel.span(SMALL if is_figure else WIDE).height(LOW if is_figure else HIGH)
    built_panel.thresholds(grafana.ThresholdsConfig().steps(_steps(panel)))
    if panel.words is not None:
        results = {
            str(value): ValueMappingResult(text=text, color=colour, index=place)
            for place, (value, (text, colour)) in enumerate(panel.words.items())
        }
        built_panel.mappings([ValueMap(options=results)])
    if panel.needs:
        built_panel.description(f"Empty without {panel.needs}.")
    for place, (query, legend) in enumerate(panel.queries):
        target = prometheus.Dataquery().expr(query).legend_format(legend)
        # A figure that is gone must not be shown as its last value: it is asked for now alone.
        target = target.instant() if is_figure else target.range()
        built_panel.with_target(target.ref_id(chr(ord("A") + place)))
    return built_panel


def _shaped(panel: Panel) -> Drawn:
    match panel.shape:
        case Shape.FIGURE:
            reduced = common.ReduceDataOptions().calcs(["lastNotNull"])
            shown = stat.Panel().reduce_options(reduced).color_mode(BigValueColorMode.VALUE)
            return shown.graph_mode(BigValueGraphMode.NONE)
        case Shape.STATES:
            return statetimeline.Panel().show_value(VisibilityMode.NEVER).row_height(0.8)
        case Shape.LINES:
            return timeseries.Panel().legend(common.VizLegendOptions().show_legend(True))


def _steps(panel: Panel) -> list[Threshold]:
    """Return colours by value; without any Grafana would paint all above 80 red."""
    steps = [Threshold(value=None, color=CALM)]
    if panel.bounds is not None:
        warning, bad = panel.bounds
        steps += [Threshold(value=warning, color=WARNING), Threshold(value=bad, color=BAD)]
    return steps


def main() -> None:
    """Write every dashboard."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for board in BOARDS:
        (FOLDER / f"{board.uid}.json").write_text(built(board), encoding="utf-8")


if __name__ == "__main__":
    main()
