"""What decides a search: its data, its code, its config and its space, each as a hash."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import freqtrade
import pandas as pd
from freqtrade.constants import HYPEROPT_LOSS_BUILTIN
from freqtrade.data.history import load_pair_history
from freqtrade.enums import CandleType

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.lab.search.configuration import Config
from plimsoll.lab.search.epochs import Epochs

DIGITS = 12
NOT_DECIDING = frozenset(
    {
        *("api_server", "bot_name", "config_files", "db_url", "initial_state", "internals"),
        *("logfile", "log_config", "original_config", "telegram", "verbosity", "webhook"),
        *("datadir", "user_data_dir", "exportdirectory", "exportfilename", "export"),
        *("strategy_path", "hyperopt_path", "freqaimodel_path", "recursive_strategy_search"),
        *("backtest_cache", "print_all", "print_json", "print_colorized", "disableparamexport"),
        *("epochs", "spaces", "hyperopt_jobs", "hyperopt_random_state", "hyperopt_loss"),
        *("hyperopt_min_trades", "analyze_per_epoch", "hyperopt_ignore_missing_space"),
        *("early_stop", "timerange", "runmode", "dry_run", "candle_type_def", "command"),
        *("exchange", "pairs", "strategy", "strategy_list", "backtest_notes", "add_config_files"),
        *("startup_candle_count", "startup_candle", "loglevel", "config", "$schema"),
    }
)
"""Keys of a config that change no trade, or that stand in the identity by themselves."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What two searches must have in common to be one; each field is told when it differs."""

    strategy: str
    timerange: str
    loss: str
    data: str
    code: str
    config: str
    space: str

    def differing(self, other: Mapping[str, Any]) -> list[str]:
        """Return the names of the fields in which a recorded identity differs."""
        return [name for name, value in asdict(self).items() if other.get(name) != value]

    @property
    def digest(self) -> str:
        """A short hash over all of it."""
        return _digest(asdict(self))


def identity_of(epochs: Epochs, data: str | None = None) -> Identity:
    """Return the identity of a search; ``data`` is its `data_fingerprint` if that is known."""
    config = epochs.pristine
    return Identity(
        strategy=epochs.get_strategy_name(),
        timerange=str(config.get("timerange") or ""),
        loss=str(config["hyperopt_loss"]),
        data=data_fingerprint(config, epochs.pairlist) if data is None else data,
        code=code_of(epochs),
        config=config_fingerprint(config),
        space=space_of(epochs),
    )


def data_fingerprint(config: Config, pairs: list[str]) -> str:
    """Return the sha256 of the candle files of a search: what they hold, whatever their format.

    It covers pair, timeframe, first and last candle, number of candles and all closes of each
    file, in the order of the pairs' names.
    """
    digest, timeframe = hashlib.sha256(), str(config["timeframe"])
    for pair in sorted(pairs):
        candles = load_pair_history(
            pair=pair,
            timeframe=timeframe,
            datadir=config["datadir"],
            fill_up_missing=False,
            drop_incomplete=False,
            data_format=config["dataformat_ohlcv"],
            candle_type=config.get("candle_type_def", CandleType.SPOT),
        )
        digest.update(_candles_digest(pair, timeframe, candles))
    return digest.hexdigest()


def code_of(epochs: Epochs) -> str:
    """Return a hash over the code that decides: the package, Freqtrade, strategy and loss."""
    files = [Path(epochs.strategy.__file__)]
    if epochs.pristine["hyperopt_loss"] not in HYPEROPT_LOSS_BUILTIN:
        files.append(Path(epochs.custom_hyperoptloss.__file__))
    texts = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    return _digest([code_fingerprint(), freqtrade.__version__, texts])


def config_fingerprint(config: Config) -> str:
    """Return a hash over what of a config decides trades: no paths, no secrets, no addresses."""
    exchange = config["exchange"]
    kept = {key: value for key, value in config.items() if key not in NOT_DECIDING}
    kept["exchange"] = [exchange["name"], sorted(exchange.get("pair_whitelist", []))]
    if isinstance(kept.get("plimsoll"), dict):
        kept["plimsoll"] = {k: v for k, v in kept["plimsoll"].items() if k != "code_fingerprint"}
    return _digest(kept)


def space_of(epochs: Epochs) -> str:
    """Return a hash over the parameters, their ranges, and for a loss of one's own the epochs.

    Such a loss may read how many epochs were asked for, as the deflated one does.
    """
    ranges = {name: repr(dimension) for name, dimension in epochs.o_dimensions.items()}
    own_loss = epochs.pristine["hyperopt_loss"] not in HYPEROPT_LOSS_BUILTIN
    counted = [
        epochs.pristine.get("hyperopt_min_trades"),
        epochs.pristine.get("epochs") if own_loss else None,
    ]
    return _digest([ranges, sorted(epochs.spaces), counted, epochs.analyze_per_epoch])


def _candles_digest(pair: str, timeframe: str, candles: pd.DataFrame) -> bytes:
    digest = hashlib.sha256(f"{pair}\0{timeframe}\0{len(candles)}\0".encode())
    if len(candles):
        ends = candles["date"].iloc[[0, -1]]
        digest.update("\0".join(str(int(end.timestamp())) for end in ends).encode())
        digest.update(candles["close"].to_numpy(dtype="float64").tobytes())
    return digest.digest()


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
