"""Backtests that are kept, each under its own name, so that a run that was broken off goes on.

The name says the strategy, the guards, the timeframe and the span, and ends in a hash of all that
the backtest was made with: the code, the data, the config, the strategy's file. Beside the zip
lie freqtrade's log and a ``.made.json`` that spells this out. It is written last: a zip without it
is not whole.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from freqtrade import __version__ as freqtrade_version

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bundle import user_data_folder
from plimsoll.core import PlimsollError
from plimsoll.lab.results import BacktestResult, ResultError, read_backtest
from plimsoll.lab.study import Guarding, Study, config_of

MADE = ".made.json"
HASH_DIGITS = 8


@dataclass(frozen=True, eq=False)
class KeptBacktests:
    """A folder of backtests on one data folder; without ``resume`` each is made again."""

    folder: Path
    datadir: Path
    resume: bool = True

    def get(
        self,
        study: Study,
        guarding: Guarding,
        strategy: str,
        make: Callable[[Path], BacktestResult],
    ) -> tuple[BacktestResult, bool]:
        """Return a strategy's backtest and whether it was there; else ``make`` it and keep it.

        ``make`` is given the file in which freqtrade's log is kept beside the result, or beside
        nothing when it fails.

        Raises
        ------
        PlimsollError
            When it was made with other code than was there when it began.
        """
        made_with = self._made_with(study, guarding, strategy)
        file = self.folder / f"{self._stem(study, guarding, strategy, made_with)}.zip"
        if self.resume and (known := _known(file, strategy, made_with)) is not None:
            return known, True
        self.folder.mkdir(parents=True, exist_ok=True)
        log = file.with_suffix(".log")
        log.unlink(missing_ok=True)
        made = make(log)
        expected = made_with["code_fingerprint"]
        if made.code_fingerprint != expected:
            raise PlimsollError(
                f"expected the code of fingerprint {expected} to the end, found "
                f"{made.code_fingerprint}: it was changed during the runs; run the command again"
            )
        file.with_suffix(MADE).unlink(missing_ok=True)
        copy_renamed(made.path, file)
        text = json.dumps(made_with, indent=1, sort_keys=True) + "\n"
        file.with_suffix(MADE).write_text(text, encoding="utf-8")
        return read_backtest(file, strategy), False

    def _stem(
        self, study: Study, guarding: Guarding, strategy: str, made_with: dict[str, Any]
    ) -> str:
        digest = hashlib.sha256(json.dumps(made_with, sort_keys=True).encode()).hexdigest()
        named = (strategy, "guards", guarding.name, study.timeframe, study.timerange)
        return "-".join([*named, digest[:HASH_DIGITS]])

    def _made_with(self, study: Study, guarding: Guarding, strategy: str) -> dict[str, Any]:
        config = user_data_folder("config")
        layers = ["base.json", *guarding.layers, "mode-backtest.json"]
        return {
            "strategy": strategy,
            "timeframe": study.timeframe,
            "timerange": study.timerange,
            "pairs": list(study.pairs),
            "guards": guarding.name,
            "config": config_of(study, guarding),
            "layers": {Path(name).name: _hash_of([config / name]) for name in layers},
            "strategy_files": _hash_of(_sources(study.folder)),
            "data": {pair: self._data_hashes[pair] for pair in study.pairs},
            "missing_marks": "candles",  # `fill_marks`
            "code_fingerprint": code_fingerprint(),
            "freqtrade_version": freqtrade_version,
        }

    @cached_property
    def _data_hashes(self) -> "_HashesOfPairs":
        return _HashesOfPairs(self.datadir)


class _HashesOfPairs(dict[str, str]):
    """A hash over all files of a pair in a data folder, computed when first asked for."""

    def __init__(self, datadir: Path) -> None:
        super().__init__()
        self._datadir = datadir

    def __missing__(self, pair: str) -> str:
        stem, perpetual = pair.split(":")[0].replace("/", "_"), pair.replace("/", "_")
        names = (f"{stem}-*.feather", f"futures/{perpetual.replace(':', '_')}-*.feather")
        files = sorted(file for name in names for file in self._datadir.glob(name))
        self[pair] = _hash_of(files)
        return self[pair]


def copy_renamed(source: Path, target: Path) -> None:
    """Copy a result of Freqtrade under another name, inside and out, so that it reads it there."""
    half = target.with_suffix(".half")
    with (
        zipfile.ZipFile(source) as read,
        zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as write,
    ):
        for name in read.namelist():
            write.writestr(name.replace(source.stem, target.stem, 1), read.read(name))
    meta = source.with_suffix(".meta.json")
    if meta.exists():
        target.with_suffix(".meta.json").write_bytes(meta.read_bytes())
    half.replace(target)


def _known(file: Path, strategy: str, made_with: dict[str, Any]) -> BacktestResult | None:
    """Return the result that was kept, when it is whole and was made with the very same."""
    try:
        stored = json.loads(file.with_suffix(MADE).read_text(encoding="utf-8"))
        return read_backtest(file, strategy) if stored == made_with else None
    except (OSError, ValueError, ResultError):
        return None


def _sources(folder: Path | None) -> list[Path]:
    """Return the Python files of a folder of strategies: any may be imported by any other."""
    if folder is None:
        return []
    return sorted(file for file in folder.rglob("*.py") if "__pycache__" not in file.parts)


def _hash_of(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
