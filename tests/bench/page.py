"""The page of the benchmarks: every figure of a run, with the target that the project set."""

from collections.abc import Mapping
from typing import Any

from plimsoll.core import PlimsollError
from tests.bench.features import PANDAS_TA, TECHNICAL, compared_figure
from tests.bench.rows import Row, Section

HEAD = """# Benchmarks

<!-- Written by `make bench` from what it measured. Do not edit by hand. -->

Measured on {made_on} with the code `{code_fingerprint}`, Python {python} and Freqtrade
{freqtrade}, on {cores} processor cores with a load of {load:.1f} at the start. Seconds depend on
the machine; ratios are measured within one run and depend on it little. Where the target is –, none
was set: the figure is there for comparison. `make bench` measures again and rewrites this page.
"""

APART = (
    "This section was measured apart from the others, on {made_on} with the code "
    "`{code_fingerprint}`, at a load of {load:.1f} at the start."
)


SECTIONS = (
    Section(
        "The risk kit in a backtest",
        "Freqtrade's own backtest loop, without reading data and without indicators, on 4 pairs × "
        "180 days × 5 m of the simulated exchange. CPU seconds, the least of three rounds in which "
        "the strategies take turns. Guards off, guards on and the plain twin have the same rules "
        "and make the same trades, compared by a hash over all fills; all guards are asked, with "
        "limits so wide that none denies. The plain twin has its stop in `custom_stoploss` and its "
        "exits in `custom_exit`. The four native protections are `StoplossGuard`, `MaxDrawdown`, "
        "`LowProfitPairs` and `CooldownPeriod`. Half is the first half of the days.",
        (
            Row("engine_twins_trades", "trades of each twin"),
            Row("engine_unguarded_seconds", "on our base, guards off", " s"),
            Row("engine_guarded_seconds", "on our base, all guards on", " s"),
            Row("engine_plain_seconds", "plain twin, no protections", " s"),
            Row("engine_native_seconds", "plain twin, four native protections", " s"),
            Row("engine_guards_cost_ratio", "guards on / guards off", " ×", at_most=1.05),
            Row(
                "engine_guarded_faster_than_plain",
                "plain twin / on our base with all guards",
                " ×",
                at_least=2.0,
            ),
            Row(
                "engine_four_native_protections_cost_ratio",
                "four native protections / none",
                " ×",
            ),
            Row("engine_guarded_half_seconds", "on our base, all guards on, half", " s"),
            Row("engine_native_half_seconds", "plain twin, four native protections, half", " s"),
            Row(
                "engine_guarded_trades_whole_over_half",
                "trades on our base with all guards, whole / half",
                " ×",
            ),
            Row(
                "engine_guarded_seconds_whole_over_half",
                "seconds on our base with all guards, whole / half",
                " ×",
            ),
            Row(
                "engine_guarded_seconds_a_trade_whole_over_half",
                "seconds a trade on our base with all guards, whole / half (linear is 1)",
                " ×",
                at_most=1.10,
            ),
            Row(
                "engine_native_seconds_a_trade_whole_over_half",
                "seconds a trade with four native protections, whole / half",
                " ×",
            ),
            Row("engine_no_trade_seconds", "`NoTrade`", " s"),
            Row("engine_buy_and_hold_seconds", "`BuyAndHold`", " s"),
            Row("engine_trend_follow_seconds", "`TrendFollow`", " s"),
        ),
    ),
    Section(
        "Guards around strategies of others",
        "Freqtrade's own backtest loop on 4 pairs × 14 days × 5 m of the simulated exchange: four "
        "strategies that know nothing of Plimsoll, bare, and with guards that observe. CPU "
        "seconds, the least of three rounds in which a bare process and a guarded one take turns. "
        "Both make the same trades, compared by a hash over every column.",
        (
            Row("foreign_trades", "trades of all four, bare and observed"),
            *(
                row
                for name, shape in (
                    ("EmaCrossRoi", "averages, ROI table, trailing stop"),
                    ("FuturesLongShort", "long and short, leverage, a stop of its own"),
                    ("DcaLadder", "additions and partial exits"),
                    ("MultiTimeframe", "candles of other timeframes and pairs"),
                )
                for row in (
                    Row(f"foreign_{name}_bare_seconds", f"{shape}: bare", " s"),
                    Row(
                        f"foreign_{name}_cost_ratio",
                        f"{shape}: observed / bare",
                        " ×",
                        at_most=1.05,
                    ),
                )
            ),
            Row("foreign_cost_ratio", "all four: observed / bare", " ×", at_most=1.05),
        ),
    ),
    Section(
        "A running bot",
        "What the guards add to a dry-run, in milliseconds of the processor: a SQLite file with "
        "5,000 closed and 20 open trades and their orders, 80 pairs that all signal beside the 20 "
        "held, candles analysed by Freqtrade, the decision log and the status on disk. Every pair "
        "is asked as Freqtrade asks: leverage, stake, confirmation, which the wide spread denies "
        "last. Medians of 7 loops within a candle and of 7 that begin one; order books and "
        "balances come from memory. The last row is one order book from the simulated exchange, "
        "wall clock: each open position needs one a loop and each entry one.",
        (
            Row("bot_asked_entry_ms", "one asked entry", " ms", at_most=2),
            Row("bot_asked_entry_worst_ms", "one asked entry, the slowest", " ms"),
            Row("bot_allowed_entry_ms", "one allowed entry, its record on disk", " ms"),
            Row("bot_loop_ms", "one loop, 80 entries asked", " ms", at_most=20),
            Row("bot_loop_of_a_new_candle_ms", "one loop that begins a candle, 80 asked", " ms"),
            Row("bot_loop_beginning_ms", "of these, before the first entry", " ms"),
            Row("bot_order_book_over_http_ms", "one order book over loopback HTTP", " ms"),
        ),
    ),
    Section(
        "The guards alone",
        "The pure functions on hand-made snapshots, without database, candles and log: the median "
        "of 200 calls, wall clock.",
        (
            Row(
                "risk_evaluate_20_positions_ms",
                "all guards and the latch, 20 open positions, 5,000 closed trades",
                " ms",
                at_most=5,
            ),
            Row("risk_evaluate_flat_ms", "all guards, no position, 5,000 closed trades", " ms"),
            Row(
                "risk_evaluate_entry_ms",
                "one entry, 20 open positions, 5,000 closed trades",
                " ms",
            ),
        ),
    ),
    Section(
        "Decision log",
        "Records of 4 pairs at 5 m; a year is 105,120 candles.",
        (
            Row("decision_log_candle_us", "append a candle", " µs"),
            Row("decision_log_denial_us", "append a denial", " µs"),
            Row("decision_log_halt_us", "append a halt and wait for the disk", " µs"),
            Row("decision_log_verify_year_seconds", "`plimsoll log verify`, a year", " s"),
            Row("decision_log_why_year_seconds", "`plimsoll log why BTC`, a year", " s"),
        ),
    ),
    Section(
        "Features",
        "*Features of candles* need nothing but candles; *all features* also read open interest, "
        "funding, order flow, positioning and other pairs. Seconds of the clock, by two threads: "
        "the least of three new processes, whose first table also loads the compiled code and "
        "asks for its memory, and the least of 100 looks. CPU seconds are of all threads "
        "together. For a backtest: features of candles on its 4 pairs × 180 days × 5 m, against "
        "reading its data, which is candles, funding and mark prices.",
        (
            Row("features_of_candles_count", "features of candles"),
            Row(
                "features_of_candles_million_seconds",
                "features of candles, 1,000,000 candles, CPU",
                " s",
                at_most=2,
            ),
            Row(
                "features_first_table_wall_seconds",
                "the same, by the clock, a process's first table",
                " s",
                at_most=1.2,
            ),
            Row("features_table_wall_seconds", "the same, a later table", " s", at_most=1.2),
            Row("features_all_count", "all features"),
            Row(
                "features_all_million_seconds",
                "all features, 1,000,000 candles, CPU",
                " s",
                at_most=2,
            ),
            Row(
                "features_live_look_ms",
                "features of candles, 2,000 candles: a live look",
                " ms",
                at_most=3,
            ),
            Row("features_backtest_seconds", "features of candles for a backtest", " s"),
            Row("features_backtest_reading_seconds", "reading a backtest's data", " s"),
            Row(
                "features_backtest_over_reading",
                "features of candles / reading, for a backtest",
                " ×",
                at_most=1,
            ),
        ),
    ),
    Section(
        "Features compared with other libraries",
        "How many times as long the library takes for the same column of 100,000 candles; below 1 "
        "it is faster than ours.",
        tuple(
            Row(compared_figure(library, text), f"`{text}`, {library}", " ×")
            for library, compared in (("ft-pandas-ta", PANDAS_TA), ("technical", TECHNICAL))
            for text in compared
        ),
    ),
    Section(
        "Simulated exchange",
        "HTTP over loopback, one client on the same machine; 1,500 candles per request.",
        (
            Row("venue_start_seconds", "start until the first answer", " s"),
            Row("venue_candles_a_second_first_time", "candles a second, first time asked"),
            Row("venue_candles_a_second_again", "candles a second, asked again"),
            Row("venue_ticker_requests_a_second", "ticker requests a second, one connection"),
            Row(
                "venue_ticker_requests_a_second_20_connections",
                "ticker requests a second, 20 connections",
            ),
            Row(
                "venue_draw_4_pairs_180_days_5m_seconds",
                "draw 4 pairs × 180 days × 5 m, no HTTP",
                " s",
            ),
        ),
    ),
    Section(
        "Replay",
        "`plimsoll replay` of `TrendFollow` on 2 pairs × 5 m of the simulated exchange, dry-run, "
        "realism `tick`. CPU seconds of bot and exchange together; they work by turns, so 3 s a "
        "day are 20 simulated days a minute. With `--plain` nothing of Freqtrade is replaced; the "
        "hash is the same.",
        (
            Row("replay_day_seconds", "a simulated day", " s", at_most=3),
            Row("replay_start_seconds", "start and end of bot and exchange", " s"),
            Row("replay_plain_over_quick", "a day with `--plain` / without, start included", " ×"),
        ),
    ),
    Section(
        "The fast lane",
        "`FastLane.backtest` beside Freqtrade's own `Backtesting.backtest`, on the same 4 pairs × "
        "180 days of the simulated exchange, at 5 m (the portfolio at 1 h), one process: CPU "
        "seconds, the least of five calls of the lane and one of Freqtrade's. The trades are "
        "equal, compared by a hash over every column. *The call* asks for the signals, packs the "
        "candles, trades and builds the frame of trades; *the loop* is its part from the first "
        "candle to the last, with the guards that it asks. An epoch is one of `plimsoll "
        "search`: parameters, features, signals, trades and a daily Sharpe loss, the median of "
        "thirty parameter sets that were drawn. The plain "
        "strategy is a crossing of averages without callbacks; `TrendFollow` has a stop and a "
        "target of its own. All guards are asked, with limits so wide that none denies. The first "
        "call is that of a new process, less a later one; memory is the growth of a call. "
        "`vectorbt` and `backtesting.py` run the plain strategy's signals, with its stop, its "
        "target and its fee on 100 USDT a trade, and know neither Freqtrade's order of fills nor "
        "its precision, slots or leverage; the second computes its statistics within.",
        (
            *(
                row
                for name, words, loop, times in (
                    ("plain", "plain strategy", 10_000_000, 500),
                    ("rules", "`TrendFollow`, guards off", 10_000_000, 500),
                    ("guarded", "`TrendFollow`, all guards", 2_000_000, None),
                    ("portfolio", "`TrendPortfolio`", None, 100),
                )
                for row in (
                    Row(f"lane_{name}_trades", f"{words}: trades"),
                    Row(
                        f"lane_{name}_freqtrade_candles_a_second",
                        f"{words}: candles a second, Freqtrade's loop",
                    ),
                    Row(f"lane_{name}_candles_a_second", f"{words}: candles a second, the call"),
                    Row(
                        f"lane_{name}_loop_candles_a_second",
                        f"{words}: candles a second, the loop",
                        at_least=loop,
                        absent="left to Freqtrade",
                    ),
                    Row(
                        f"lane_{name}_times_freqtrade",
                        f"{words}: Freqtrade's seconds / the call's",
                        " ×",
                        at_least=times,
                    ),
                )
            ),
            Row("lane_epoch_ms", "an epoch of `TrendFollow`, guards off", " ms", at_most=60),
            Row("lane_guarded_epoch_ms", "an epoch of `TrendFollow`, all guards", " ms"),
            Row(
                "lane_compile_cold_seconds",
                "first call, nothing compiled before",
                " s",
                absent="not measured",
            ),
            Row(
                "lane_compile_cached_seconds",
                "first call, compiled before",
                " s",
                absent="not measured",
            ),
            Row(
                "lane_bytes_a_candle", "memory of a call, a candle", " bytes", absent="not measured"
            ),
            *(
                row
                for engine in ("vectorbt", "backtesting")
                for row in (
                    Row(
                        f"lane_{engine}_candles_a_second",
                        f"plain strategy in {engine}: candles a second",
                        absent="not installed",
                    ),
                    Row(
                        f"lane_{engine}_trades",
                        f"plain strategy in {engine}: trades",
                        absent="not installed",
                    ),
                )
            ),
        ),
    ),
)
ROWS = tuple(row for section in SECTIONS for row in section.rows)


def render(recorded: Mapping[str, Any]) -> str:
    """Return the page in Markdown of what ``make bench`` keeps in ``out/bench.json``.

    Raises
    ------
    PlimsollError
        When a row has no figure or a figure no row: the page would be incomplete.
    """
    figures = recorded["figures"]
    if unknown := sorted(set(figures) ^ {row.figure for row in ROWS}):
        raise PlimsollError(f"expected one row for each figure, found either alone for {unknown}")
    parts = [HEAD.format(**{name: one for name, one in recorded.items() if name != "figures"})]
    return "\n".join([*parts, *(section.text(figures) for section in SECTIONS)])


def with_section(text: str, title: str, recorded: Mapping[str, Any]) -> str:
    """Return the page with one section measured anew, apart from the rest; at its end when new.

    Raises
    ------
    PlimsollError
        When the figures are not those of the section.
    """
    [section] = [one for one in SECTIONS if one.title == title]
    figures = recorded["figures"]
    if unknown := sorted(set(figures) ^ {row.figure for row in section.rows}):
        raise PlimsollError(f"expected one row for each figure, found either alone for {unknown}")
    told = {name: one for name, one in recorded.items() if name != "figures"}
    made = section.text(figures, also=APART.format(**told))
    before, _, rest = text.partition(f"## {title}\n")
    _, _, after = rest.partition("\n## ")
    parts = [before.rstrip("\n") + "\n", made]
    if after:
        parts.append(f"## {after}")
    return "\n".join(parts)
