"""Entries and exits of a running bot where champion and challenger both decide."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
from freqtrade.enums import RunMode
from freqtrade.persistence import Trade
from freqtrade.strategy import timeframe_to_minutes

from plimsoll.bridge.champions.seats import FOLDER, Seats, Telling
from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.state.folder import state_folder_of
from plimsoll.champions.arms import CHALLENGER_TAG, Arm


def champion_of(model: Any) -> Any:
    """Return a model that takes seats; ``None`` for another, and without one.

    FreqAI is loaded only where there is a model: it takes a second.
    """
    if model is None:
        return None
    from plimsoll.bridge.freqai.champion import ChampionModel

    return model if isinstance(model, ChampionModel) else None


def bind_model(strategy: Any, session: Any, settings: PlimsollSettings) -> None:
    """Give a running bot's model its seats, where the config asks for them.

    Raises
    ------
    PlimsollError
        When another bot has them, or they cannot be read.
    """
    model, config = strategy.freqai, strategy.config
    if not settings.champion.enabled or config.get("runmode") not in (
        RunMode.DRY_RUN,
        RunMode.LIVE,
    ):
        return
    if champion_of(model) is None:
        return
    from plimsoll.bridge.freqai.champion import Bound

    messenger = getattr(session, "messenger", None)
    telling = (
        Telling(session.record)
        if messenger is None
        else Telling(session.record, messenger.tell, messenger.mention)
    )
    folder = state_folder_of(config, settings.state_folder).path / FOLDER / model.identifier
    seconds = timeframe_to_minutes(strategy.timeframe) * 60
    seats = Seats(folder, settings.champion, telling, candle_seconds=seconds)
    for pair in config["exchange"]["pair_whitelist"]:
        seats.store(pair, datetime.now(UTC))
    model.bind(Bound(seats, strategy.least_lean, settings.costs.fill_fraction))


def with_arms(candles: pd.DataFrame, model: Any, pair: str) -> pd.DataFrame:
    """Return candles whose lean is the challenger's where it decides on entries."""
    arms = _challengers(candles, model, pair)
    if not arms:
        return candles
    lean = candles["model_lean"].copy()
    for row, value in arms.items():
        lean.loc[row] = value
    return candles.assign(model_lean=lean)


def tagged(candles: pd.DataFrame, model: Any, pair: str) -> pd.DataFrame:
    """Return candles whose entries say by their tag that the challenger decided on them."""
    arms = _challengers(candles, model, pair)
    if arms and "enter_tag" in candles:
        rows = [row for row in arms if pd.notna(candles["enter_tag"].loc[row])]
        candles.loc[rows, "enter_tag"] = candles.loc[rows, "enter_tag"] + CHALLENGER_TAG
    return candles


def of_open_trade(candles: pd.DataFrame, model: Any, pair: str) -> pd.DataFrame:
    """Return candles whose lean is that of the arm which decided on the pair's open trade."""
    model = champion_of(model)
    if model is None or not model.has_seats:
        return candles
    trade = next(iter(Trade.get_trades_proxy(pair=pair, is_open=True)), None)
    if trade is None or not str(trade.enter_tag or "").endswith(CHALLENGER_TAG):
        return candles
    last = candles.index[-1]
    lean = model.challenger_lean(pair, _opened(candles, last))
    if lean is None:
        return candles
    own = candles["model_lean"].copy()
    own.loc[last] = lean
    return candles.assign(model_lean=own)


def _challengers(candles: pd.DataFrame, model: Any, pair: str) -> dict[Any, float]:
    """Return the challenger's leans of the newest candle, where it decides, by row."""
    model = champion_of(model)
    if model is None or not model.has_seats or candles.empty:
        return {}
    last = candles.index[-1]
    opened = _opened(candles, last)
    lean = model.challenger_lean(pair, opened)
    if lean is None or model.arm(pair, opened) is not Arm.CHALLENGER:
        return {}
    return {last: lean}


def _opened(candles: pd.DataFrame, row: Any) -> datetime:
    moment: datetime = pd.Timestamp(candles["date"].loc[row]).to_pydatetime()
    return moment
