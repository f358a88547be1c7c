"""``plimsoll walk-forward`` from beginning to end."""

import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.util.dry_run_wallet import get_dry_run_wallet

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.lab.search import trials
from plimsoll.lab.search.configuration import hyperopt_config, quiet
from plimsoll.lab.search.epochs import Epochs
from plimsoll.lab.search.identity import data_fingerprint, identity_of
from plimsoll.lab.search.run import SEED
from plimsoll.lab.search.space import plain_space
from plimsoll.lab.walk_forward import evidence
from plimsoll.lab.walk_forward.jobs import in_forks
from plimsoll.lab.walk_forward.kept import COUNTS, keep, kept, trades_of
from plimsoll.lab.walk_forward.paths import Paths, paths_of
from plimsoll.lab.walk_forward.plan import (
    WindowRequest,
    days_text,
    moments,
    now_text,
    pairs_of,
    span_of,
    windows_of,
)
from plimsoll.lab.walk_forward.records import (
    different,
    digest,
    found_words,
    paths_record,
    window_record,
)
from plimsoll.lab.walk_forward.stability import ParameterStability, stability_of
from plimsoll.lab.walk_forward.stitch import store_stitched, tested_candles
from plimsoll.lab.walk_forward.window import (
    Ground,
    confirmed_record,
    journal_of,
    returns_over,
    search_window,
    trade_in_turn,
)
from plimsoll.performance.marked_days import marked_days
from plimsoll.performance.windows import DAY, Gaps, Span

COMMAND = "walk-forward"
MOST_TRIALS = 120
"""So many different trials are traded over the whole span for the paths, if nobody says."""


@dataclass(frozen=True, slots=True)
class PathRequest:
    """Whether and how the search is cross-validated; ``None`` where only the fast lane can."""

    wanted: bool | None = None
    groups: int = 8
    tested: int = 2
    trials: int = MOST_TRIALS


@dataclass(frozen=True, slots=True)
class WalkRequest:
    """What a walk-forward is asked for; ``arguments`` are those of ``freqtrade hyperopt``."""

    arguments: tuple[str, ...]
    cut: WindowRequest = field(default_factory=WindowRequest)
    paths: PathRequest = field(default_factory=PathRequest)
    workers: int | None = None
    confirm_training: bool = False
    """Whether Freqtrade trades each winner on the days that it was found on, too."""


@dataclass(frozen=True, slots=True)
class WalkOutcome:
    """What a walk-forward has found: its record among the evidence, and where all of it lies."""

    record: dict[str, Any]
    paths_record: dict[str, Any] | None
    stability: tuple[ParameterStability, ...]
    evidence_file: Path
    result_file: Path
    seconds: float
    again: int
    """Windows that were kept from a run before."""


class WalkForward:
    """A walk-forward under way; each step keeps what it has finished.

    Parameters
    ----------
    request
        What is asked for.
    say
        Is told how it goes.
    """

    def __init__(self, request: WalkRequest, say: Callable[[str], object]) -> None:
        self._request, self._say = request, say
        with quiet():
            config = hyperopt_config(request.arguments)
        self._userdir = Path(config["user_data_dir"])
        for sentence in trials.count_killed(self._userdir):
            say(sentence)
        epochs = Epochs(config)
        epochs.require_startable_winners()
        span = span_of(epochs.pristine, epochs.pairlist, epochs.backtesting.required_startup)
        self.windows = windows_of(request.cut, span)
        spans = [span, *(part for one in self.windows for part in (one.train, one.test))]
        pairs = pairs_of(epochs.pristine, epochs.exchange, spans)
        self._span = Span(self.windows[0].train.start, self.windows[-1].test.end)
        self._identity = identity_of(epochs, data_fingerprint(epochs.pristine, pairs))
        seed = int(config.get("hyperopt_random_state") or SEED)
        self.run_id = self._run_id(seed, int(config["epochs"]))
        folder = self._userdir / "plimsoll" / COMMAND / self.run_id
        folder.mkdir(parents=True, exist_ok=True)
        self._epochs, self._pairs = epochs, pairs
        self._ground = Ground(epochs.pristine, epochs.exchange, self._identity, folder, seed)
        self._again = 0

    def run(self) -> WalkOutcome:
        """Search and test all windows, and leave result and evidence."""
        began = time.perf_counter()
        found = self._search()
        tests = self._test(found)
        returns = self._account(tests)
        record = self._record(found, tests, returns)
        result = store_stitched(
            self._epochs,
            [one["content"] for one in tests],
            self._tested,
            pairs=self._pairs,
            run_id=self.run_id,
        )
        record["result_file"] = str(result)
        crossed = self._paths(found)
        file = evidence.write(self._userdir, self.run_id, record)
        crossed_record = None if crossed is None else self._stamp() | paths_record(crossed)
        if crossed_record is not None:
            evidence.write(self._userdir, f"{self.run_id}-paths", crossed_record)
        winners = [one["best"] for one in found if one["best"] is not None]
        return WalkOutcome(
            record=record,
            paths_record=crossed_record,
            stability=stability_of(winners, plain_space(self._epochs.o_dimensions)),
            evidence_file=file,
            result_file=result,
            seconds=time.perf_counter() - began,
            again=self._again,
        )

    @property
    def _tested(self) -> Span:
        return Span(self.windows[0].test.start, self.windows[-1].test.end)

    @property
    def _at_once(self) -> int:
        return self._request.workers or len(os.sched_getaffinity(0))

    def _run_id(self, seed: int, asked: int) -> str:
        """Return a name that says all that decides: of the same, finished windows are kept."""
        cut = [moments(span) for one in self.windows for span in (one.train, one.test)]
        decides: list[Any] = [asdict(self._identity), cut, seed, asked]
        if self._request.confirm_training:
            decides.append("training confirmed")
        return f"{self._identity.strategy}-{digest(decides)}"

    # The search in each window

    def _search(self) -> list[dict[str, Any]]:
        """Return what each window found, in order; what was kept is not searched again."""
        files = {f"window {n}": self._file("train", n) for n in range(len(self.windows))}
        found = {name: one for name, file in files.items() if (one := kept(file)) is not None}
        self._again = len(found)
        if found:
            self._say(f"{len(found)} of {len(files)} windows were searched before")
        noted = trials.begin(self._userdir, self._places, COMMAND, key=self.run_id)
        search = partial(search_window, confirmed=self._request.confirm_training)
        jobs = {
            f"window {n}": partial(search, self._ground, n, one.train)
            for n, one in enumerate(self.windows)
            if f"window {n}" not in found
        }
        try:
            for name, made in in_forks(jobs, at_once=self._at_once, say=self._say):
                made["searched"] = list(self._epochs.spaces)
                keep(files[name], made)
                found[name] = made
                self._say(f"{name}: {found_words(made)}")
        finally:
            trials.count(self._userdir, self._places, COMMAND, key=self.run_id)
            noted.unlink(missing_ok=True)
        return [found[name] for name in files]

    @property
    def _places(self) -> list[Any]:
        return [journal_of(self._ground, number) for number in range(len(self.windows))]

    # The test of each window

    def _test(self, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return what Freqtrade made of each window's test, and whether the fast lane did too."""
        wallets, ours = self._chain(found)
        jobs, tests = {}, {}
        for number, (window, winner) in enumerate(zip(self.windows, found, strict=True)):
            name, wallet = f"test {number}", wallets[number]
            known = kept(self._file("test", number))
            if known is not None and known["wallet_before"] == wallet:
                tests[name] = known
            elif winner["best"] is None:
                tests[name] = self._untraded(window.test, wallet)
            else:
                jobs[name] = partial(
                    confirmed_record, self._ground, window.test, winner, wallet, ours.get(number)
                )
        for name, made in in_forks(jobs, at_once=self._at_once, say=self._say):
            keep(self._file("test", int(name.split()[1])), made)
            tests[name] = made
            same = "as in the search" if made["confirmed"] else "NOT as in the search"
            self._say(f"{name}: {len(made['content']['trades'])} trades by Freqtrade, {same}")
        return [tests[f"test {number}"] for number in range(len(self.windows))]

    def _chain(self, found: list[dict[str, Any]]) -> tuple[list[float], dict[int, pd.DataFrame]]:
        """Return the balance that each test begins with, and the fast lane's trades by window.

        The tests follow each other: each begins with what the one before left.
        """
        spans = [one.test for one in self.windows]
        params = [one["best"] for one in found]
        [(_, made)] = in_forks(
            {"the tests": partial(trade_in_turn, self._ground, spans, params)},
            at_once=1,
            say=self._say,
        )
        wallets: list[float] = made[0]
        trades: dict[int, pd.DataFrame] = made[1]
        return wallets, trades

    def _untraded(self, test: Span, wallet: float) -> dict[str, Any]:
        """Return the test of a window whose search found nothing: the account stands still."""
        days = pd.date_range(test.start, test.end, freq="D", inclusive="left") + DAY / 2
        currency = str(self._epochs.config["stake_currency"])
        rows = [[int(day.timestamp() * 1000), currency, 1.0, wallet] for day in days]
        content = {"trades": [], "locks": [], "wallet": rows, "final_balance": wallet}
        return {"content": {**content, **dict.fromkeys(COUNTS, 0)}, "confirmed": True}

    def _file(self, part: str, number: int) -> Path:
        return self._ground.folder / f"{part}-{number:02d}.json"

    # What it leaves

    def _account(self, tests: list[dict[str, Any]]) -> tuple["pd.Series[float]", dict[str, Any]]:
        start, balance = self._tested.start, float(get_dry_run_wallet(self._epochs.pristine))
        traded = [one for test in tests if len(one := trades_of(test["content"]))]
        trades = pd.concat(traded, ignore_index=True) if traded else trades_of(tests[0]["content"])
        candles = tested_candles(self._epochs, self._pairs, self._tested)
        equity = marked_days(trades, candles, self._tested, balance)
        told = evidence.out_of_sample(equity, self._tested, tests[-1]["content"]["final_balance"])
        days = pd.date_range(start + DAY, periods=told["days"], freq="D")
        return pd.Series(told["daily_returns"], index=days), told

    def _record(
        self,
        found: list[dict[str, Any]],
        tests: list[dict[str, Any]],
        account: tuple["pd.Series[float]", dict[str, Any]],
    ) -> dict[str, Any]:
        returns, told = account
        cut = self._request.cut
        return self._stamp() | {
            "identity": asdict(self._identity),
            "kind": cut.kind.value,
            "purge_days": cut.purge_days,
            "embargo_days": cut.embargo_days,
            "trials": sum(one["epochs"] + one["lost"] for one in found),
            "trials_on_data": trials.trials_on(self._userdir, self._identity.data),
            "refusal": next((one["refusal"] for one in found if one["refusal"]), None),
            "windows": [
                window_record(window, winner, test, evidence.within(returns, window.test))
                for window, winner, test in zip(self.windows, found, tests, strict=True)
            ],
            "out_of_sample": told,
        }

    def _paths(self, found: list[dict[str, Any]]) -> Paths | None:
        """Return the cross-validation of everything that was tried."""
        wanted, quick = self._request.paths.wanted, all(one["refusal"] is None for one in found)
        if wanted is False or (wanted is None and not quick):
            return None
        tried = different(found)[: self._request.paths.trials]
        file = self._ground.folder / f"returns-{digest(tried)}.json"
        known = kept(file)
        if known is None:
            known = {"returns": self._traded_once(tried)}
            keep(file, known)
        index = pd.date_range(self._span.start + DAY, self._span.end, freq="D")
        series = [_by_day(one, index) for one in known["returns"]]
        cut = self._request.cut
        return paths_of(
            series,
            self._span,
            groups=self._request.paths.groups,
            tested=self._request.paths.tested,
            gaps=Gaps(DAY * cut.purge_days, DAY * cut.embargo_days),
        )

    def _traded_once(self, tried: list[dict[str, Any]]) -> list[dict[str, float]]:
        """Return the daily returns of each parameter set over the whole span."""
        self._say(f"trading {len(tried)} parameter sets over {days_text(self._span)}")
        count = min(self._at_once, len(tried)) or 1
        parts = {f"part {n}": tried[n::count] for n in range(count)}
        jobs = {
            name: partial(returns_over, self._ground, self._span, part)
            for name, part in parts.items()
        }
        made = dict(in_forks(jobs, at_once=count, say=self._say))
        return [made[f"part {n % count}"][n // count] for n in range(len(tried))]

    def _stamp(self) -> dict[str, Any]:
        """Return whose record it is, and what it was made with."""
        return {
            "format": evidence.FORMAT,
            "run_id": self.run_id,
            "at": now_text(),
            "strategy": self._identity.strategy,
            "code_fingerprint": code_fingerprint(),
            "config_fingerprint": self._identity.config,
            "data_fingerprint": self._identity.data,
        }


def _by_day(told: dict[str, float], index: pd.DatetimeIndex) -> "pd.Series[float]":
    return pd.Series([told.get(f"{day:%Y-%m-%d}", 0.0) for day in index], index=index)


def walk_forward(request: WalkRequest, say: Callable[[str], object]) -> WalkOutcome:
    """Search each window and trade what was found on the days after it.

    Raises
    ------
    UsageError
        In one line: arguments, space, loss or data that do not fit, or too little data.
    PlimsollError
        What an epoch raised, or that a window is killed again and again.
    """
    run = WalkForward(request, say)
    say(
        f"{run.run_id}: {len(run.windows)} windows, {run.windows[0].train.length.days} days to "
        f"train and {run.windows[0].test.length.days} to test"
    )
    return run.run()
