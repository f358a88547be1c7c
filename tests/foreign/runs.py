"""A user's folder with strategies of others, and the plain freqtrade command on it.

``bare`` is the config that Freqtrade writes for a new user, and nothing of ours but the account:
money, pairs, market, fee. ``observe`` is the shipped layers with guards that observe. What they
set beyond Plimsoll's own section would show in the trades. The candles are those of the simulated
exchange, fetched once with Freqtrade's own command.

``python -m tests.foreign.runs FOLDER`` writes those that can trade years of hourly candles.
"""

import hashlib
import json
import re
import shutil
import sys
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import freqtrade as installed
import pandas as pd
import rapidjson
from freqtrade.configuration.load_config import CONFIG_PARSE_MODE, load_file
from freqtrade.data.btanalysis import get_latest_backtest_filename
from freqtrade.misc import deep_merge_dicts
from freqtrade.util import render_template

from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.study_data import file_of
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import serve_venue
from tests.foreign.spot_markets import serve_spot_markets
from tests.foreign.thousands import source

HERE = Path(__file__).parent
COINS = ("BTC", "ETH", "SOL", "XRP")
PAIRS = tuple(f"{coin}/USDT:USDT" for coin in COINS)
SPOT_PAIRS = tuple(f"{coin}/USDT" for coin in COINS)
END = "2025-06-30T00:00:00Z"
SPAN, SHORT = "20250610-20250630", "20250622-20250630"
"""Of the matrix and of the quick run."""
BARE, OBSERVE, ENFORCE = "bare", "observe", "enforce"
TEMPLATES = {
    "SampleStrategy": "sample_strategy.py",
    "FreqaiExampleStrategy": "FreqaiExampleStrategy.py",
}
"""Freqtrade's own, by the strategy's name."""
FREQAI = "FreqaiExampleStrategy"
FUTURES = (
    "SampleStrategy",
    "EmaCrossRoi",
    "DcaLadder",
    "FuturesLongShort",
    "MultiTimeframe",
    "LimitMaker",
    "RaisingCallbacks",
    "OrderFilledState",
    "HyperoptSpaces",
    "MixedIn",
    "Thousands",
)
NOT_HOURLY = ("RaisingCallbacks", "MultiTimeframe")
"""Freqtrade logs a traceback for each error, a year of them takes minutes; the other compares its
candles with those of an hour."""
SPOT = ("OldInterface", "EmaCrossRoi", "DcaLadder")
EVERY = (*FUTURES, FREQAI, "OldInterface")
OF_ACCOUNT = (
    *("stake_currency", "stake_amount", "max_open_trades", "tradable_balance_ratio"),
    *("dry_run", "dry_run_wallet", "fee", "liquidation_buffer", "enable_protections"),
    *("trading_mode", "margin_mode", "exchange", "dataformat_ohlcv"),
    *("entry_pricing", "exit_pricing"),
)
"""Keys of the shipped layers that both runs share: two accounts would not make the same trades.

Freqtrade refuses orders at market with its template's ``price_side``.
"""
LEFT_TO_STRATEGIES = ("unfilledtimeout",)
"""Keys of Freqtrade's template that would override a strategy's own; a user who has written some
leaves them out."""
SECONDS = 900

Trades = Mapping[str, list[dict[str, Any]]]


def write_strategies(folder: Path, names: Sequence[str] = EVERY) -> None:
    """Put foreign strategies into a folder: ours, Freqtrade's templates, the long one."""
    folder.mkdir(parents=True, exist_ok=True)
    templates = Path(installed.__file__).parent / "templates"
    for name in names:
        if name == "Thousands":
            (folder / "Thousands.py").write_text(source(), encoding="utf-8")
        elif name in TEMPLATES:
            shutil.copy(templates / TEMPLATES[name], folder / f"{name}.py")
        else:
            shutil.copy(HERE / "strategies" / f"{name}.py", folder)


def digest(trades: Sequence[Mapping[str, Any]]) -> str:
    """Return a hash over every field of every trade and its orders, in their order."""
    text = json.dumps(list(trades), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Runs:
    """A user's folder, its candles, and configs by name."""

    folder: Path
    spot: bool = False

    @property
    def userdir(self) -> Path:
        """The user's folder."""
        return self.folder / "user_data"

    @property
    def strategies(self) -> Path:
        """Where the user keeps the strategies."""
        return self.userdir / "strategies"

    @property
    def data(self) -> Path:
        """The candles."""
        return self.folder / "data"

    def write_configs(self, exchange: Mapping[str, Any]) -> None:
        """Write ``bare``, ``observe`` and ``enforce`` for an exchange."""
        shipped = [self.userdir / "config" / name for name in ("base.json", "mode-backtest.json")]
        layers: dict[str, Any] = {}
        for file in shipped:
            layers = deep_merge_dicts(load_file(file), layers)
        layers = deep_merge_dicts(json.loads(json.dumps(exchange)), layers)
        if self.spot:
            layers |= {"trading_mode": "spot", "margin_mode": ""}
        plain = template() | {key: layers[key] for key in OF_ACCOUNT}
        for guards in (OBSERVE, ENFORCE):
            ours = {"guards": guards, "allow_missing_funding": True}
            self._write(guards, deep_merge_dicts({"plimsoll": ours}, dict(layers)))
        self._write(BARE, plain)

    def _write(self, name: str, config: Mapping[str, Any]) -> None:
        text = json.dumps(config, indent=1)
        (self.folder / f"{name}.json").write_text(text, encoding="utf-8")

    def run(
        self, command: str, guards: str, *arguments: str, extra: Mapping[str, Any] | None = None
    ) -> str:
        """Run a freqtrade command with the config of a name; return what it printed."""
        layers = ["-c", str(self.folder / f"{guards}.json")]
        if extra is not None:
            own = self.folder / f"extra-{guards}.json"
            own.write_text(json.dumps(extra), encoding="utf-8")
            layers += ["-c", str(own)]
        where = ["--userdir", str(self.userdir)]
        where += ["--datadir", str(self.data)] if command not in WITHOUT_DATA else []
        return freqtrade(
            [command, *where, *layers, *arguments],
            folder=self.folder,
            log=self.folder / f"{guards}.log",
            seconds=SECONDS,
        )

    def backtest(
        self,
        guards: str,
        *names: str,
        timerange: str = SPAN,
        arguments: Sequence[str] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> Trades:
        """Backtest strategies in one process; return the exported trades of each."""
        chosen = ["--strategy", *names] if len(names) == 1 else ["--strategy-list", *names]
        results = self.folder / f"results-{guards}"
        shutil.rmtree(results, ignore_errors=True)
        results.mkdir()
        self.run(
            "backtesting",
            guards,
            *chosen,
            *("--timerange", timerange, "--timeframe", "5m", "--cache", "none"),
            *("--backtest-directory", str(results), "--export", "trades"),
            *arguments,
            extra=extra,
        )
        return {name: one["trades"] for name, one in exported(results).items()}

    def watched(self, guards: str) -> dict[str, Any]:
        """Return what the last backtest's result says of the guards; None where there were none."""
        stored = exported(self.folder / f"results-{guards}")
        return {name: one.get("plimsoll") for name, one in stored.items()}

    def hyperopt(self, guards: str, name: str, *, epochs: int, spaces: Sequence[str]) -> list[Any]:
        """Search with two workers; return trade count, loss and parameters of each epoch."""
        made = self.userdir / "hyperopt_results"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        self.run(
            "hyperopt",
            guards,
            *("--strategy", name, "--epochs", str(epochs), "-j", "2", "--random-state", "7"),
            *("--spaces", *spaces, "--hyperopt-loss", "SharpeHyperOptLossDaily"),
            *("--timerange", SHORT, "--timeframe", "5m", "--disable-param-export"),
            *("--min-trades", "1"),
        )
        [file] = made.glob("*.fthypt")
        epochs_made = [json.loads(line) for line in file.read_text().splitlines()]
        return [
            (one["results_metrics"]["total_trades"], one["loss"], one["params_dict"])
            for one in epochs_made
        ]

    def base64(self, name: str) -> str:
        """Return a strategy as ``--strategy`` takes it without a file."""
        code = (self.strategies / f"{name}.py").read_bytes()
        return f"{name}:{urlsafe_b64encode(code).decode()}"


def template() -> dict[str, Any]:
    """Return the config that ``freqtrade new-config`` writes, as far as it is not the account's."""
    answers = {"max_open_trades": 3, "stake_amount": 100, "exchange": '"exchange": {}'}
    quiet = {"dry_run": True, "telegram": False, "api_server": False}
    text = render_template("base_config.json.j2", answers | quiet)
    made = rapidjson.loads(text, parse_mode=CONFIG_PARSE_MODE)
    return {
        **{key: value for key, value in made.items() if key not in NOT_OF_A_RUN},
        "pairlists": [{"method": "StaticPairList"}],
    }


NOT_OF_A_RUN = ("$schema", "telegram", "api_server", *LEFT_TO_STRATEGIES)
WITHOUT_DATA = ("list-strategies",)


def exported(results: Path) -> dict[str, dict[str, Any]]:
    """Return what a folder's last backtest stored of each strategy."""
    file = results / get_latest_backtest_filename(results)
    with zipfile.ZipFile(file) as whole:
        stored = json.loads(whole.read(f"{file.stem}.json"))
    return dict(stored["strategy"])


def tables(printed: str) -> list[str]:
    """Return the lines of the tables that a command printed, without times and colours."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", printed)
    return [line.rstrip() for line in plain.splitlines() if line.lstrip().startswith(("│", "┃"))]


@contextmanager
def futures_runs(folder: Path, *, span: str = SPAN) -> Iterator[Runs]:
    """Yield a user's folder with candles of perpetuals."""
    runs = Runs(folder)
    lay_out(runs.userdir)
    write_strategies(runs.strategies)
    for model in (HERE / "freqaimodels").glob("*.py"):
        shutil.copy(model, runs.userdir / "freqaimodels" / model.name)
    served = ["--market", "synthetic", "--symbols", ",".join(PAIRS), "--clock", "stepped"]
    with serve_venue([*served, "--start", END], folder=folder) as venue:
        runs.write_configs(json.loads(venue.config.read_bytes()))
        first = span.partition("-")[0]
        for frames, since in ((("5m", "1h", "4h"), _before(first, 12)), (("1m",), "20250627")):
            wanted = ("--timerange", f"{since}-", "-t", *frames)
            runs.run("download-data", BARE, *wanted)
        yield runs


@contextmanager
def spot_runs(folder: Path, candles: Runs) -> Iterator[Runs]:
    """Yield a user's folder with candles of spot: those of the perpetuals under other names."""
    runs = Runs(folder, spot=True)
    lay_out(runs.userdir)
    write_strategies(runs.strategies)
    runs.data.mkdir()
    for pair in PAIRS:
        for timeframe in ("5m", "1h"):
            there = file_of(candles.data, pair, timeframe)
            shutil.copy(there, file_of(runs.data, pair, timeframe, "spot"))
    with serve_spot_markets(COINS) as url:
        runs.write_configs(
            {
                "exchange": {
                    "name": "binance",
                    "key": "",
                    "secret": "",
                    "only_from_ccxt": True,
                    "enable_ws": False,
                    "pair_whitelist": list(SPOT_PAIRS),
                    "ccxt_config": {
                        "options": {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False},
                        "urls": {"api": {"public": f"{url}/api/v3"}},
                    },
                }
            }
        )
        yield runs


def _before(day: str, days: int) -> str:
    return f"{pd.Timestamp(day) - pd.Timedelta(days=days):%Y%m%d}"


if __name__ == "__main__":
    write_strategies(Path(sys.argv[1]), [name for name in FUTURES if name not in NOT_HOURLY])
