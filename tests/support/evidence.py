"""Recorded evidence as its producers write it: a strategy with an edge, and all that it left."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.gates.hashing import with_seal
from plimsoll.gates.kinds import Kind
from plimsoll.gates.places import trials_file, walk_forward_folder
from plimsoll.gates.records import as_evidence
from plimsoll.gates.subject import (
    Subject,
    config_fingerprint,
    parameters_fingerprint,
    source_fingerprint,
)
from plimsoll.performance.marked_days import KEY as MARKED_DAYS
from plimsoll.performance.marked_days import to_record

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
FIRST = pd.Timestamp("2025-01-01", tz="UTC")
PAIR, TIMEFRAME = "BTC/USDT:USDT", "1h"
DAYS, WINDOWS = 540, 6
BALANCE = 10_000.0
CANDLES = pd.DataFrame(
    {
        "date": pd.date_range("2024-01-01", periods=48, freq="h", tz="UTC"),
        "close": np.linspace(100.0, 110.0, 48),
    }
)


def edge(seed: int = 1, *, mean: float = 0.0025, spread: float = 0.01) -> np.ndarray:
    """Return daily returns with an edge that nobody has."""
    return np.random.default_rng(seed).normal(mean, spread, DAYS)


@dataclass
class Evidence:
    """All evidence of one strategy; change what is to be doctored before it is written."""

    strategy: str = "Mine"
    code: str = "c0de"
    source: bytes = b"class Mine: pass\n"
    config: dict[str, Any] = field(
        default_factory=lambda: {
            "trading_mode": "futures",
            "exchange": {"name": "binance", "pair_whitelist": [PAIR]},
            "plimsoll": {"costs": {"fee_bps": 4}},
        }
    )
    versions: dict[str, str] = field(
        default_factory=lambda: {"freqtrade": "2026.9", "plimsoll": "0.3.0"}
    )
    limits: dict[str, Any] = field(default_factory=dict)
    returns: np.ndarray = field(default_factory=edge)
    now: datetime = NOW

    @property
    def subject(self) -> Subject:
        return Subject(
            strategy=self.strategy,
            code=self.code,
            source=source_fingerprint(self.source),
            parameters=parameters_fingerprint({}),
            config=config_fingerprint(self.config),
            limits=self.limits,
            **self.versions,
        )

    @property
    def made_at(self) -> datetime:
        return self.now - timedelta(days=2)

    @property
    def data(self) -> str:
        from plimsoll.gates.evidence.candle_digests import candles_digest, data_fingerprint

        digest = candles_digest(PAIR, TIMEFRAME, CANDLES).hex()
        whole = data_fingerprint({f"{PAIR} {TIMEFRAME}": digest}, [PAIR], TIMEFRAME)
        assert whole is not None
        return whole

    def trades(self, returns: np.ndarray | None = None) -> list[dict[str, Any]]:
        """One trade a day, from 6 to 18 o'clock, with all of the account."""
        made, equity = [], BALANCE
        for day, one in enumerate(self.returns if returns is None else returns):
            opened = FIRST + pd.Timedelta(days=day, hours=6)
            closed = opened + pd.Timedelta(hours=12)
            profit = equity * float(one)
            made.append(
                {
                    "pair": PAIR,
                    "is_short": False,
                    "open_timestamp": int(opened.timestamp() * 1000),
                    "close_timestamp": int(closed.timestamp() * 1000),
                    "open_rate": 100.0,
                    "close_rate": 100.0 * (1.0 + float(one)),
                    "amount": equity / 100.0,
                    "profit_abs": profit,
                    "profit_ratio": float(one),
                    "exit_reason": "exit_signal",
                    "fee_open": 0.0,
                    "fee_close": 0.0,
                    "funding_fees": 0.0,
                }
            )
            equity += profit
        return made

    def statistics(self, returns: np.ndarray | None = None) -> dict[str, Any]:
        trades = self.trades(returns)
        end = FIRST + pd.Timedelta(days=DAYS)
        return {
            "trades": trades,
            "total_trades": len(trades),
            "starting_balance": BALANCE,
            "final_balance": BALANCE + sum(one["profit_abs"] for one in trades),
            "backtest_start_ts": int(FIRST.timestamp() * 1000),
            "backtest_end_ts": int(end.timestamp() * 1000),
            "backtest_run_end_ts": int(self.made_at.timestamp()),
            "pairlist": [PAIR],
            "timeframe": TIMEFRAME,
            "timerange": "",
            "plimsoll": {"made_with": {**self.versions, "code": self.code}},
        }

    def wallet(self, returns: np.ndarray | None = None) -> pd.DataFrame:
        growth = np.cumprod(1.0 + (self.returns if returns is None else returns))
        before = np.concatenate([[1.0], growth[:-1]])
        days = pd.date_range(FIRST, periods=DAYS, freq="D")
        parts = [
            (days + pd.Timedelta(hours=1), before),
            (days + pd.Timedelta(hours=12), (before + growth) / 2.0),
            (days + pd.Timedelta(hours=24), growth),
        ]
        rows = pd.concat(
            [pd.DataFrame({"date": at, "total_quote": BALANCE * value}) for at, value in parts]
        ).sort_values("date")
        return rows.assign(currency="USDT", rate=1, balance=rows["total_quote"]).reset_index(
            drop=True
        )

    def days(self, returns: np.ndarray | None = None) -> "pd.Series[float]":
        """The account at every midnight, when nothing is open."""
        growth = np.cumprod(1.0 + (self.returns if returns is None else returns))
        index = pd.date_range(FIRST, periods=DAYS + 1, freq="D")
        return pd.Series(BALANCE * np.concatenate([[1.0], growth]), index=index)

    def result(
        self,
        *,
        strategy: str | None = None,
        returns: np.ndarray | None = None,
        statistics: Mapping[str, Any] | None = None,
        wallet: pd.DataFrame | None = None,
        marked: bool = True,
    ) -> bytes:
        """A stored backtest as Freqtrade writes it."""
        name, stem, out, feather = strategy or self.strategy, "backtest-result-x", *_two_buffers()
        told = dict(self.statistics(returns) if statistics is None else statistics)
        if marked:
            told["plimsoll"] = {MARKED_DAYS: to_record(self.days(returns)), **told["plimsoll"]}
        (self.wallet(returns) if wallet is None else wallet).to_feather(feather)
        own = {**self.config.get("plimsoll", {}), "code_fingerprint": self.code}
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(f"{stem}.json", json.dumps({"strategy": {name: told}}))
            archive.writestr(f"{stem}_config.json", json.dumps({**self.config, "plimsoll": own}))
            archive.writestr(f"{stem}_{name}.py", self.source)
            archive.writestr(f"{stem}_{name}_wallet.feather", feather.getvalue())
        return out.getvalue()

    def walk_forward(self) -> dict[str, Any]:
        step = DAYS // WINDOWS
        returns = self.returns
        growth = np.concatenate([[1.0], np.cumprod(1.0 + returns)])
        windows = []
        for place in range(WINDOWS):
            start = FIRST + pd.Timedelta(days=place * step)
            test = [start.isoformat(), (start + pd.Timedelta(days=step)).isoformat()]
            train = [(start - pd.Timedelta(days=180)).isoformat(), start.isoformat()]
            windows.append({"train": train, "test": test, "best_params": {}})
        return {
            "format": 1,
            "run_id": "run-1",
            "at": self.made_at.isoformat(),
            "strategy": self.strategy,
            "code_fingerprint": self.code,
            "config_fingerprint": "theirs",
            "data_fingerprint": self.data,
            "trials": 180,
            "windows": windows,
            "result_file": "run-1.zip",
            "out_of_sample": {
                "days": DAYS,
                "daily_returns": [float(one) for one in returns],
                "sharpe": float(returns.mean() / returns.std(ddof=1) * np.sqrt(365)),
                "drawdown_fraction": float(np.max(1 - growth / np.maximum.accumulate(growth))),
            },
        }

    def trials(self) -> list[dict[str, Any]]:
        run = {
            "strategy": self.strategy,
            "data_fingerprint": self.data,
            "code_fingerprint": self.code,
            "config_fingerprint": "theirs",
        }
        searched = {"command": "search", "timerange": "20240101-20241231", "epochs": 300}
        walked = {"command": "walk-forward", "timerange": "20240701-", "epochs": 180}
        return [
            {**run, **one, "at": (self.made_at - timedelta(days=ago)).isoformat()}
            for ago, one in ((1, searched), (0, walked))
        ]

    def paths(self) -> dict[str, Any]:
        logits = [1.0] * 9 + [-1.0]
        return {
            "format": 1,
            "run_id": "run-1",
            "at": self.made_at.isoformat(),
            "strategy": self.strategy,
            "data_fingerprint": self.data,
            "overfitting": {"probability": 0.1, "logits": logits},
        }

    def data_check(self) -> dict[str, Any]:
        from plimsoll.gates.evidence.candle_digests import candles_digest

        digest = candles_digest(PAIR, TIMEFRAME, CANDLES).hex()
        body = {
            "datadir": "data",
            "counts": {"error": 0, "warning": 1, "notice": 0},
            "findings": [{"severity": "warning", "check": "gap"}],
            "candles": {f"{PAIR} {TIMEFRAME}": digest},
        }
        return as_evidence(Kind.DATA_CHECK, body, self.versions, self.made_at)

    def parity(self, **changed: Any) -> dict[str, Any]:
        body = {
            "a": {"name": "backtest"},
            "b": {"name": "bot.sqlite"},
            "since": (self.now - timedelta(days=60)).isoformat(),
            "until": (self.now - timedelta(days=3)).isoformat(),
            "matched": 40,
            "only_a": 1,
            "only_b": 0,
            "verdict": {"fraction": 0.03},
            **changed,
        }
        made_with = {**self.versions, "code": self.code, "strategy": self.strategy}
        return as_evidence(Kind.PARITY, body, made_with, self.made_at)

    def audit(self, **changed: Any) -> dict[str, Any]:
        body = {"compared": False, "sound": True, "breaks": [], **changed}
        made_with = {**self.versions, "code": self.code, "strategy": self.strategy}
        return as_evidence(Kind.AUDIT, body, made_with, self.made_at)

    def comparison(self, **changed: Any) -> dict[str, Any]:
        returns = [float(one) for one in self.returns]
        body = {
            "against": "SlowTrend",
            "trades": 100,
            "trials": 1,
            "first_day": (FIRST + pd.Timedelta(days=1)).isoformat(),
            "daily_returns": {"candidate": returns, "baseline": [0.0] * len(returns)},
            **changed,
        }
        made_with = {**self.versions, "code": self.code, "strategy": self.strategy}
        return as_evidence(Kind.COMPARISON, body, made_with, self.made_at)

    def log(self, **changed: Any) -> dict[str, Any]:
        body = {"whole": True, "fault": None, "records": 9_000, "head": "ab" * 32, **changed}
        return as_evidence(Kind.LOG, body, {"strategy": self.strategy}, self.made_at)

    def attestation(self, **changed: Any) -> dict[str, Any]:
        body = {"by": "Ada", "reason": "I can lose it", "capital_usd": 500.0, **changed}
        return as_evidence(Kind.ATTESTATION, body, {"strategy": self.strategy}, self.made_at)

    def account(self, kind: Kind = Kind.PAPER, *, days: int = 100, **changed: Any) -> Any:
        """A bot that trades once a day, with a profit."""
        began, ended = self.now - timedelta(days=days, hours=2), self.now - timedelta(hours=2)
        trades, equity = [], [(began.isoformat(), 1_000.0)]
        for day in range(days):
            opened = began + timedelta(days=day, hours=6)
            profit = 4.0 if day % 3 else -3.0
            trades.append(
                {
                    "id": day + 1,
                    "pair": PAIR,
                    "side": "long",
                    "opened_at": opened.isoformat(),
                    "closed_at": (opened + timedelta(hours=12)).isoformat(),
                    "open_rate": 100.0,
                    "amount": 2.0,
                    "made": profit + 0.2,
                    "fees": 0.2,
                    "funding": 0.0,
                    "profit": profit,
                }
            )
            at = began + timedelta(days=day + 1)
            equity.append((at.isoformat(), equity[-1][1] + profit))
        body = {
            "mode": "dry_run" if kind is Kind.PAPER else "live",
            "market": "",
            "database": "sqlite:///bot.sqlite",
            "codes": [self.code],
            "limits": self.limits,
            "started_at": began.isoformat(),
            "ended_at": ended.isoformat(),
            "longest_silence_hours": 1.0,
            "starting_balance": 1_000.0,
            "transferred": False,
            "trades": trades,
            "equity": equity,
            "remarks": [],
            **changed,
        }
        made_with = {
            **self.versions,
            "strategy": self.strategy,
            "code": self.code,
            "config": self.subject.config,
        }
        return as_evidence(kind, body, made_with, ended)

    def certificate(self, **changed: Any) -> dict[str, Any]:
        row = {"scenario": "drawdown", "fault": "none", "mode": "live", "failure": ""}
        told = {
            "format": 1,
            "made_at": self.made_at.isoformat(),
            "ok": True,
            "strategy": "DrilledLong",
            "layers": [],
            "versions": self.versions,
            "fingerprints": {"code": self.code, "drill": "d", "freqtrade": "2026.9"},
            "counts": {"wanted": 1},
            "rows": [{**row, "checks": [{"name": "flat", "ok": True}]}],
            "left_out": {},
            **changed,
        }
        return with_seal(told)

    def write(self, userdir: Path) -> None:
        """Leave walk-forward, paths and ledger where their commands leave them."""
        folder = walk_forward_folder(userdir)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "run-1.json").write_text(json.dumps(self.walk_forward()))
        (folder / "run-1.zip").write_bytes(self.result())
        (folder / "run-1-paths.json").write_text(json.dumps(self.paths()))
        lines = [json.dumps(one) for one in self.trials()]
        trials_file(userdir).write_text("\n".join(lines) + "\n")


def as_bytes(record: Any) -> bytes:
    """Return a record as its file."""
    return json.dumps(record).encode()


def _two_buffers() -> tuple[io.BytesIO, io.BytesIO]:
    return io.BytesIO(), io.BytesIO()
