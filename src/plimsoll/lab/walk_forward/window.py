"""One window: the search on its training days, and what it found on the days of its test."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.exchange import timeframe_to_seconds
from freqtrade.util.dry_run_wallet import get_dry_run_wallet

from plimsoll.lab.search.configuration import Config, with_timerange
from plimsoll.lab.search.confirmation import (
    backtest_by_freqtrade,
    compared,
    confirm,
    exported_params,
)
from plimsoll.lab.search.epochs import Epochs, Parameters
from plimsoll.lab.search.identity import Identity
from plimsoll.lab.search.storage import open_storage
from plimsoll.lab.search.studies import fail_lost, open_study, progress_of
from plimsoll.lab.search.worker import Place, Worker, study_at
from plimsoll.lab.walk_forward.kept import content_record
from plimsoll.lab.walk_forward.plan import timerange_of
from plimsoll.performance.epoch import epoch_equity
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.measures import daily_returns, performance
from plimsoll.performance.windows import Span

DAILY = "24h"


@dataclass(frozen=True, slots=True)
class Ground:
    """What all windows stand on: the config as it was read, the exchange, and the search.

    ``identity`` is that of the whole walk-forward, ``folder`` where its windows are kept.
    """

    config: Config
    exchange: Any
    identity: Identity
    folder: Path
    seed: int

    def epochs(self, span: Span, wallet: float | None = None) -> Epochs:
        """Return epochs on a span, with data; ``wallet`` is the balance that they begin with."""
        config = with_timerange(self.config, timerange_of(span, str(self.config["timeframe"])))
        if wallet is not None:
            config["dry_run_wallet"] = wallet
        made = Epochs(config, self.exchange)
        made.load()
        return made


def journal_of(ground: Ground, number: int) -> Place:
    """Return where the search of a window is kept."""
    config = ground.config
    name = f"window-{number:02d}"
    file = ground.folder / f"{name}.journal"
    return Place(str(file), name, int(config["epochs"]), int(config.get("early_stop") or 0))


def search_window(ground: Ground, number: int, train: Span, *, confirmed: bool) -> dict[str, Any]:
    """Search a window's training days; return its winner and all that was tried.

    ``confirmed`` has Freqtrade trade the winner on the training days too. One process searches
    a window, one trial after another: the same search finds the same again, wherever it was
    killed.
    """
    epochs, place = ground.epochs(train), journal_of(ground, number)
    study = open_study(
        open_storage(place.address),
        place.study,
        ground.identity,
        seed=ground.seed + number,
        address=place.address,
    )
    fail_lost(study)
    Worker(epochs, place).run(lambda _: None)
    study = study_at(place)
    progress = progress_of(study)
    tried = [
        {"params": one.params, "loss": one.value}
        for one in study.get_trials(deepcopy=False)
        if one.value is not None
    ]
    made: dict[str, Any] = {
        "refusal": epochs.refusal,
        "epochs": progress.epochs,
        "lost": progress.lost,
        "tried": tried,
        "best": None,
    }
    if progress.best is None:
        return made
    params = dict(progress.best.params)
    found = made | {
        "best": params,
        "best_loss": progress.best.value,
        "exported": exported_params(epochs, params),
        "train_sharpe": sharpe_of(epochs, params),
        "trades": len(epochs.run(params)[1]["results"]),
    }
    if not confirmed:
        return found
    checked = confirm(epochs, params)
    return found | {
        "search_hash": checked.search_hash,
        "freqtrade_hash": checked.freqtrade_hash,
        "confirmed": checked.confirmed,
    }


def trade_window(ground: Ground, test: Span, params: Parameters, wallet: float) -> dict[str, Any]:
    """Trade parameters on a window's test days by the fast lane; return how the account ends."""
    epochs = ground.epochs(test, wallet)
    content = epochs.run(params)[1]
    return {"final_balance": float(content["final_balance"]), "results": content["results"]}


def confirm_window(
    ground: Ground, test: Span, found: dict[str, Any], wallet: float, ours: pd.DataFrame | None
) -> dict[str, Any]:
    """Have Freqtrade trade a winner on the test days; return its own result.

    ``ours`` are the fast lane's trades of the same; ``None`` when there is nothing to compare.
    """
    epochs_config = with_timerange(
        ground.config, timerange_of(test, str(ground.config["timeframe"]))
    )
    epochs_config["dry_run_wallet"] = wallet
    content = backtest_by_freqtrade(
        epochs_config, found["exported"], ground.exchange, searched=found["searched"]
    )
    checked = compared(content["results"] if ours is None else ours, content["results"])
    return {"content": content, "confirmation": checked}


def sharpe_of(epochs: Epochs, params: Parameters) -> float:
    """Return the yearly Sharpe ratio of the daily returns of an epoch; NaN where it has none."""
    returns = equity_of(epochs, params, every=DAILY)
    try:
        return float(performance(returns[0], returns[1]).sharpe)
    except MeasureError:
        return float("nan")


def equity_of(
    epochs: Epochs, params: Parameters, *, every: str
) -> tuple["pd.Series[float]", pd.DataFrame]:
    """Return the account of an epoch, open positions included, and its trades.

    It begins with the balance at the first candle, so that the first day is a whole one.
    """
    processed, content = epochs.run(params)
    start, balance = pd.Timestamp(epochs.min_date), get_dry_run_wallet(epochs.config)
    equity = epoch_equity(
        content["results"],
        processed,
        pd.Timedelta(seconds=timeframe_to_seconds(str(epochs.config["timeframe"]))),
        start=start,
        end=pd.Timestamp(epochs.max_date),
        starting_balance_usd=balance,
        every=every,
    )
    first = pd.Series([balance], index=pd.DatetimeIndex([start]))
    return pd.concat([first, equity[equity.index > start]]), content["results"]


def returns_of(epochs: Epochs, params: Parameters) -> "pd.Series[float]":
    """Return the daily returns of an epoch, by the midnight that ends each day."""
    return daily_returns(equity_of(epochs, params, every=DAILY)[0])


def confirmed_record(
    ground: Ground,
    test: Span,
    winner: dict[str, Any],
    wallet: float,
    ours: pd.DataFrame | None,
) -> dict[str, Any]:
    """Return what Freqtrade made of a window's test as plain values, and whether it agrees."""
    made = confirm_window(ground, test, winner, wallet, ours)
    checked = made["confirmation"]
    return {
        "wallet_before": wallet,
        "content": content_record(made["content"]),
        "confirmed": checked.confirmed,
        "search_hash": checked.search_hash,
        "freqtrade_hash": checked.freqtrade_hash,
    }


def trade_in_turn(
    ground: Ground, spans: list[Span], params: list[dict[str, Any] | None]
) -> tuple[list[float], dict[int, pd.DataFrame]]:
    """Trade the tests one after another; return what each begins with, and its trades.

    A window without a winner leaves the balance as it is.
    """
    wallet, wallets, trades = float(get_dry_run_wallet(ground.config)), [], {}
    for number, (span, one) in enumerate(zip(spans, params, strict=True)):
        wallets.append(wallet)
        if one is not None:
            made = trade_window(ground, span, one, wallet)
            wallet, trades[number] = made["final_balance"], made["results"]
    return wallets, trades


def returns_over(ground: Ground, span: Span, tried: list[dict[str, Any]]) -> list[dict[str, float]]:
    """Return the daily returns of parameter sets over a span, by day."""
    epochs = ground.epochs(span)
    made = [returns_of(epochs, params) for params in tried]
    return [{f"{day:%Y-%m-%d}": float(value) for day, value in one.items()} for one in made]
