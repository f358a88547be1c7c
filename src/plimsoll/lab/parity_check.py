"""Backtest and replay of one strategy over the same market, and the bill between them."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from plimsoll.core import PlimsollError
from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.parity import Compared, Wanted, compare_records
from plimsoll.lab.parity_minutes import with_minutes
from plimsoll.lab.parity_seconds import add_seconds
from plimsoll.lab.replay import ReplayPlan, ReplayProgress, ReplayRecord, run_replay
from plimsoll.lab.study_data import file_of
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import Venue, serve_venue

WARM_UP_CANDLES = 1500
"""History before the span: more than any bot keeps."""
MOST_HISTORY = timedelta(days=1000)
"""As many days as any bot fetches: what looks at all of its past sees the same."""
LONGER = ("1h", "4h", "1d")
"""Timeframes that shipped strategies ask for beside their own."""
DETAIL, FINE_DETAIL = "1m", "1s"
LOOP_DETAIL = "5s"
"""As often as a bot looks, and asks whether a position is to be adjusted."""
MOST_FINE_DAYS = 7
"""A backtest of seconds takes memory and time."""
PREMIUM, INTEREST = "premiumIndex", "open_interest"
"""What strategies look at beside candles and funding."""
PREMIUM_HISTORY, INTEREST_HISTORY = timedelta(days=100), timedelta(days=29)
"""The latter before the end: an exchange tells open interest of its last thirty days alone."""
WHOLE = "whole"
"""The file that marks a folder of candles as complete."""
HOUR = timedelta(hours=1)
LATER = timedelta(minutes=1)
LONGEST_SECONDS = 24 * 3600.0

Say = Callable[[str], object]
Tell = Callable[[ReplayProgress], None]


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """One strategy, one market, one span; times are UTC, the end is excluded.

    Attributes
    ----------
    layers
        Config layers of the user's own; the recipe of `overlay_of` has the last word.
    timeframe
        The strategy's own.
    candles
        Where the downloaded candles are kept; checks of one market, span, timeframe and pairs may
        share a folder. Without one they lie beside the run.
    adjusts
        Whether the strategy adjusts open positions by their price: a backtest asks it in each
        candle of its detail, and the bot then looks as often.
    stake_usd
        The fixed stake: one that followed the balance would carry each difference on.
    """

    strategy: str
    begin: datetime
    end: datetime
    timeframe: str
    strategy_path: Path | None = None
    layers: tuple[Path, ...] = ()
    pairs: tuple[str, ...] = ("BTC/USDT:USDT", "ETH/USDT:USDT")
    market: str = "replay"
    datadir: Path | None = None
    seed: int = 7
    candles: Path | None = None
    adjusts: bool = False
    stake_usd: float = 200.0
    balance_usd: float = 10_000.0
    overlay: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """A check: the bill, the replay behind it, the backtest's result, and how long both took."""

    compared: Compared
    replay: ReplayRecord
    result: Path
    backtest_seconds: float


def run_check(
    plan: CheckPlan, folder: Path, *, say: Say = lambda _: None, tell: Tell = lambda _: None
) -> Checked:
    """Backtest and replay a strategy over the same market in ``folder``, and compare.

    The exchange is simulated, on loopback. The backtest's candles are downloaded from it, with
    its minutes as detail, or the seconds of its path through them; where real data has no
    minutes, both sides get the same path.

    Raises
    ------
    PlimsollError
        When data is missing, or a run fails.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    datadir = plan.datadir
    if plan.market == "replay" and datadir is not None:
        served = folder / "served"
        if not served.exists():
            with_minutes(datadir, served, plan.pairs, plan.begin, plan.end + timedelta(days=1))
        datadir = served
    began = time.monotonic()
    say(f"backtest: {plan.strategy} from {plan.begin:%Y-%m-%d} to {plan.end:%Y-%m-%d}")
    result = _backtest(plan, folder, datadir)
    took = time.monotonic() - began
    say(f"replay: {plan.strategy}, the real bot through the same market")
    record = run_replay(_replay_plan(plan, datadir), folder / "replay", tell)
    compared = compare_records(
        Wanted(
            a=str(result),
            b=record.database_url,
            strategy=plan.strategy,
            ran=(plan.begin, plan.end),
            value_open=True,
            datadir=_candles(plan, folder),
            userdir=record.folder / "user_data",
        )
    )
    return Checked(compared, record, result, took)


def overlay_of(plan: CheckPlan) -> dict[str, Any]:
    """Return the last layer of both runs: what a backtest and a bot can agree on.

    Market orders, a fixed stake, a slot for every pair, and no entry on a signal that is older
    than 30 s. The fee of every fill is that of the shipped base profile.
    """
    return {
        "stake_amount": plan.stake_usd,
        "max_open_trades": len(plan.pairs),
        "dry_run_wallet": plan.balance_usd,
        "timeframe": plan.timeframe,
        "ignore_buying_expired_candle_after": 30,
        "order_types": {
            "entry": "market",
            "exit": "market",
            "stoploss": "market",
            "stoploss_on_exchange": False,
        },
        "pairlists": [{"method": "StaticPairList"}],
        **plan.overlay,
    }


def _replay_plan(plan: CheckPlan, datadir: Path | None) -> ReplayPlan:
    return ReplayPlan(
        strategy=plan.strategy,
        begin=plan.begin,
        end=plan.end,
        strategy_path=plan.strategy_path,
        layers=plan.layers,
        overlay=overlay_of(plan),
        pairs=plan.pairs,
        timeframe=plan.timeframe,
        market="replay" if plan.market == "replay" else "synthetic",
        datadir=datadir,
        realism="probe",
        seed=plan.seed,
        segment_days=0.0,
        spread_scale=0.0,
        balance_usd=plan.balance_usd,
        adjust_seconds=_length(_detail(plan)).seconds if plan.adjusts else 0,
    )


def _backtest(plan: CheckPlan, folder: Path, datadir: Path | None) -> Path:
    """Download candles from the exchange that the replay will have, and backtest on them."""
    userdir, results = folder / "user_data", folder / "result"
    if (results / ".last_result.json").exists():
        return results
    lay_out(userdir)
    results.mkdir(exist_ok=True)
    with serve_venue(_serving(plan, datadir), folder=folder) as venue:
        layers = _layers(plan, folder, userdir, venue)
        candles, log = _candles(plan, folder), folder / "freqtrade.log"
        common = ["--userdir", str(userdir), "--datadir", str(candles), *layers]
        if not (candles / WHOLE).exists():
            for one in _downloads(plan, datadir):
                given = ["download-data", *common, *one.arguments(plan.end)]
                freqtrade(given, folder=folder, log=log, seconds=3600.0)
            (candles / WHOLE).touch()
        if _detail(plan) != DETAIL:
            add_seconds(candles, plan.pairs, _length(_detail(plan)).seconds)
        source = plan.strategy_path or userdir / "strategies"
        freqtrade(
            [
                "backtesting",
                *common,
                *("--strategy", plan.strategy, "--strategy-path", str(source)),
                *("--recursive-strategy-search", "--cache", "none"),
                "--enable-protections",
                *("--timerange", _timerange(plan)),
                *("--timeframe", plan.timeframe, "--timeframe-detail", _detail(plan)),
                *("--backtest-directory", str(results)),
            ],
            folder=folder,
            log=log,
            environment={"TZ": "UTC", "PYTHONHASHSEED": "0"},
            seconds=LONGEST_SECONDS,
        )
    if not (results / ".last_result.json").exists():
        raise PlimsollError(f"freqtrade backtesting left no result; its log is {log}")
    return results


@dataclass(frozen=True, slots=True)
class _Download:
    """Kinds of candles, for which timeframes and from when on."""

    timeframes: tuple[str, ...]
    since: datetime
    kinds: tuple[str, ...] = ()

    def arguments(self, end: datetime) -> list[str]:
        """Return them as ``freqtrade download-data`` takes them."""
        kinds = ["--candle-types", *self.kinds] if self.kinds else []
        span = f"{self.since:%Y%m%d}-{end:%Y%m%d}"
        return ["-t", *self.timeframes, "--timerange", span, *kinds]


def _downloads(plan: CheckPlan, datadir: Path | None = None) -> list[_Download]:
    """Return what is downloaded: long candles have a longer history, and other kinds beside them.

    ``datadir`` is what the exchange serves: premium and open interest where it has them.
    """
    own = _length(plan.timeframe)
    is_short = own < HOUR
    long = dict.fromkeys([*LONGER, *([] if is_short else [plan.timeframe])])
    short = dict.fromkeys([*([plan.timeframe] if is_short else []), DETAIL])
    history = own * WARM_UP_CANDLES if is_short else max(own, timedelta(days=1))
    made = [
        _Download(tuple(long), plan.begin - MOST_HISTORY),
        _Download(tuple(short), plan.begin - history),
    ]
    others = {
        PREMIUM: plan.begin - PREMIUM_HISTORY,
        INTEREST: plan.end - INTEREST_HISTORY,
    }
    for kind, since in others.items():
        if datadir is not None and any(
            file_of(datadir, pair, "1h", kind).exists() for pair in plan.pairs
        ):
            made.append(_Download(("1h",), since, (kind,)))
    return made


def _candles(plan: CheckPlan, folder: Path) -> Path:
    return folder / "data" if plan.candles is None else plan.candles.resolve()


def _detail(plan: CheckPlan) -> str:
    """Return how closely the backtest looks: a stop may trail more closely than a minute moves."""
    is_short = _length(plan.timeframe) < HOUR
    if not is_short or (plan.end - plan.begin).days > MOST_FINE_DAYS:
        return DETAIL
    return LOOP_DETAIL if plan.adjusts else FINE_DETAIL


def _timerange(plan: CheckPlan) -> str:
    """Return the backtest's span, from a candle earlier: it never acts in its first candle.

    A bot acts at once, on the signal of the candle that closed as it began.
    """
    begin = plan.begin - _length(plan.timeframe)
    return f"{begin.timestamp():.0f}-{plan.end.timestamp():.0f}"


def _serving(plan: CheckPlan, datadir: Path | None) -> list[str]:
    at = plan.end + LATER
    arguments = ["--market", plan.market, "--symbols", ",".join(plan.pairs)]
    arguments += ["--start", f"{at:%Y-%m-%dT%H:%M:%SZ}", "--clock", "stepped"]
    arguments += ["--seed", str(plan.seed), "--spread-scale", "0"]
    if datadir is not None:
        arguments += ["--datadir", str(datadir)]
    return arguments


def _layers(plan: CheckPlan, folder: Path, userdir: Path, venue: Venue) -> list[str]:
    """Return the backtest's config: the replay's, without its clock."""
    last = folder / "check.json"
    told = {
        **overlay_of(plan),
        "exchange": {"pair_whitelist": list(plan.pairs), "enable_ws": False},
    }
    last.write_text(json.dumps(told, indent=2), encoding="utf-8")
    shipped = userdir / "config"
    files = [
        *(shipped / "base.json", shipped / "mode-dry-run.json"),
        *plan.layers,
        *(venue.config, last),
    ]
    return [part for file in files for part in ("-c", str(file))]


def _length(timeframe: str) -> timedelta:
    from freqtrade.exchange import timeframe_to_seconds

    return timedelta(seconds=timeframe_to_seconds(timeframe))
