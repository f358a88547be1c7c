"""The strategy that follows an agent: entries, scaling, exits, and when it stands aside."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from freqtrade.enums import CandleType, RunMode
from freqtrade.optimize.backtest_caching import get_strategy_run_id

from plimsoll.agents import Agent, write_agent
from plimsoll.core import Mode, Side
from plimsoll.learning import Inputs, Terms
from plimsoll.learning.following import NOBODY, followed, with_next
from plimsoll.risk.guards.model_accuracy import model_accuracy
from plimsoll.strategies import ModelStrategy
from tests.unit.agents.agents import agent
from tests.unit.bridge.bots import BTC, NOON, Bot, build, candles, running_bot
from tests.unit.bridge.trades import backtest_trades
from tests.unit.learning.markets import HOUR, wild_candles

LEARNED = pd.Timestamp("2023-12-31", tz="UTC")
ROWS = 24 * 100


def frame() -> pd.DataFrame:
    found = wild_candles(11, rows=ROWS, begin="2024-01-01")
    return found[["date", "open", "high", "low", "close", "volume"]]


def put(folder: Path, one: Agent, name: str = "one", *, trader_name: str = "RLTrader") -> Path:
    file = folder / "agents" / trader_name / f"{name}.npz"
    write_agent(one, file)
    return file


def trader(folder: Path, **others: Any) -> Bot:
    return build(folder, RunMode.BACKTEST, strategy="RLTrader", timeframe="1h", **others)


@pytest.fixture(scope="module", autouse=True)
def in_memory() -> Iterator[None]:
    """Trades of a backtest; a running bot has its own database meanwhile."""
    with backtest_trades():
        yield


def analysed(bot: Bot) -> pd.DataFrame:
    strategy, known = bot.strategy, {"pair": BTC}
    found = strategy.populate_entry_trend(strategy.populate_indicators(frame(), known), known)
    return strategy.populate_exit_trend(found, known)


def marked(found: pd.DataFrame, column: str) -> "pd.Series[bool]":
    return found.get(column, pd.Series(0, found.index)).eq(1)


@pytest.fixture(scope="module")
def traded(in_memory: None, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("traded")
    put(folder, agent())
    return analysed(trader(folder))


def test_it_wants_what_the_agent_wants(traded: pd.DataFrame) -> None:
    one = agent()
    wanted = followed(with_next(frame(), HOUR), lambda _: one, HOUR).iloc[:ROWS]
    assert np.array_equal(traded["agent_units"], wanted["agent_units"])
    assert np.array_equal(traded["agent_action"], wanted["agent_action"])


def test_entries_are_where_its_account_enters_and_exits_where_it_holds_nothing(
    traded: pd.DataFrame,
) -> None:
    units = traded["agent_units"]
    before = units.shift(1, fill_value=0)
    for side in Side:
        held, was = units * side.sign > 0, before * side.sign > 0
        assert marked(traded, f"enter_{side.value}").equals(held & ~was)
        assert marked(traded, f"exit_{side.value}").equals(~held)
        assert (held & ~was).sum() > 5


def test_before_it_had_learned_and_when_it_is_too_old_nothing_is_entered(tmp_path: Path) -> None:
    put(tmp_path, agent(trained_until=pd.Timestamp("2024-01-20", tz="UTC")))
    bot = trader(tmp_path)
    bot.strategy.expires_days = 30
    found = analysed(bot)
    month = found["date"].dt.month
    assert (found["agent_action"][month == 2] != NOBODY).sum() > 600
    for other in (1, 3, 4):
        assert (found["agent_action"][month == other] == NOBODY).all()
        assert not marked(found, "enter_long")[month == other].any()
        assert marked(found, "exit_long")[month == other].all()  # what is held is left
        assert marked(found, "exit_short")[month == other].all()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda file: file.unlink(), "found none; nothing is entered"),
        (lambda file: file.write_bytes(b"foreign"), "expected an agent of Plimsoll in"),
    ],
)
def test_without_an_agent_it_stands_aside_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, spoil: Any, words: str
) -> None:
    spoil(put(tmp_path, agent()))
    bot = trader(tmp_path)
    found = analysed(bot)
    analysed(bot)
    assert not marked(found, "enter_long").any()
    assert not marked(found, "enter_short").any()
    assert marked(found, "exit_long").all()
    assert (found["agent_calls"] == 0).all()
    assert sum(words in record.message for record in caplog.records) == 1


def test_an_agent_of_other_candles_is_not_asked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path, agent(timeframe="4h"))
    assert not marked(analysed(trader(tmp_path)), "enter_long").any()
    assert "expected agents for 1h" in caplog.text


def test_missing_data_stands_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(tmp_path, agent(inputs=Inputs(funding=True, forecast=True)))
    found = analysed(trader(tmp_path))
    assert not marked(found, "enter_long").any()
    assert "expected candles with ml_signal" in caplog.text


def test_unknown_funding_enters_nothing(tmp_path: Path) -> None:
    put(tmp_path, agent(inputs=Inputs(funding=True)))
    found = analysed(trader(tmp_path))  # there is no data folder
    assert (found["agent_units"] == 0).all()


def test_a_new_agent_is_found_by_a_running_strategy(tmp_path: Path) -> None:
    bot = trader(tmp_path)
    assert bot.strategy.shelf().agents == []
    put(tmp_path, agent())
    assert len(bot.strategy.shelf().agents) == 1
    kept = bot.strategy.shelf()
    assert bot.strategy.shelf() is kept
    put(tmp_path, agent(seed=2), "two")
    assert len(bot.strategy.shelf().agents) == 2


def show(bot: Bot, known: pd.DataFrame) -> None:
    """Let a backtest have analysed candles, all of which have closed."""
    bot.strategy.dp._set_cached_df(BTC, "1h", known, CandleType.FUTURES)
    bot.strategy.dp._set_dataframe_max_index(BTC, len(known))


def test_a_backtest_with_another_agent_is_not_taken_from_the_cache(tmp_path: Path) -> None:
    empty = get_strategy_run_id(trader(tmp_path).strategy)
    assert get_strategy_run_id(trader(tmp_path).strategy) == empty
    put(tmp_path, agent())
    one = get_strategy_run_id(trader(tmp_path).strategy)
    put(tmp_path, agent(seed=2))
    assert len({empty, one, get_strategy_run_id(trader(tmp_path).strategy)}) == 3


def trade(*, short: bool = False, entries: int = 1, exits: int = 0, **others: Any) -> Any:
    usual = {
        "pair": BTC,
        "is_short": short,
        "stake_amount": 100.0 * (entries - exits),
        "nr_of_successful_entries": entries,
        "nr_of_successful_exits": exits,
        "has_open_orders": False,
    }
    return SimpleNamespace(**(usual | others))


@pytest.mark.parametrize(
    ("units", "held", "stake"),
    [
        (1, {"entries": 1}, None),
        (2, {"entries": 1}, 100.0),
        (3, {"entries": 1}, 200.0),
        (1, {"entries": 2}, -100.0),
        (1, {"entries": 3, "exits": 1}, -100.0),
        (-2, {"entries": 1, "short": True}, 100.0),
        (-1, {"entries": 1}, None),  # the other side: its exit is another's to see to
        (0, {"entries": 2}, None),
        (2, {"entries": 1, "has_open_orders": True}, None),
    ],
)
def test_a_trade_is_brought_to_the_units_of_the_agents_account(
    tmp_path: Path, units: int, held: dict[str, Any], stake: float | None
) -> None:
    bot = trader(tmp_path)
    known = frame().tail(30).assign(agent_units=units)
    show(bot, known)
    now = known["date"].iloc[-1] + HOUR
    found = bot.strategy.adjust_position(trade(**held), now.to_pydatetime(), 100.0, 0.0)
    assert found == stake


def test_a_unit_is_a_part_of_the_pairs_size(tmp_path: Path) -> None:
    bot = trader(tmp_path)
    strategy = bot.strategy
    whole = pd.DataFrame(
        {BTC: 0.3}, index=pd.date_range("2024-01-01", periods=200, freq="D", tz="UTC")
    )
    strategy.sizes = lambda: whole
    strategy.equity_usd = lambda *_: 9_000.0
    columns = {"agent_units": 1, "agent_action": 1, "agent_most_units": 3.0, "agent_leverage": 2.0}
    known = frame().tail(30).assign(**columns)
    now = (known["date"].iloc[-1] + HOUR).to_pydatetime()
    show(bot, known)
    assert strategy.desired_stake(BTC, Side.LONG, 50.0, now) == pytest.approx(9_000 * 0.3 / 6)
    assert strategy.desired_leverage(BTC, Side.LONG, now) == 2.0
    nobody = known.assign(agent_action=NOBODY)
    show(bot, nobody)
    assert strategy.desired_stake(BTC, Side.LONG, 50.0, now) == 0
    assert strategy.desired_leverage(BTC, Side.LONG, now) == 1.0


def test_calls_are_counted_when_their_outcome_is_known(traded: pd.DataFrame) -> None:
    side = np.sign(traded["agent_units"])
    close = traded["close"]
    row = 24 * 60
    due = [one for one in range(row - 3) if side[one] != 0][-100:]
    right = sum(np.sign(close[one + 4] - close[one]) == side[one] for one in due)
    assert traded["agent_calls"][row] == 100
    assert traded["agent_right"][row] == right


def test_the_guards_learn_that_the_agent_was_wrong_too_often(tmp_path: Path) -> None:
    put(tmp_path, agent(trained_until=LEARNED, terms=Terms()))
    known = candles([100.0] * 300, timeframe=pd.Timedelta("1h"))
    with running_bot(tmp_path, strategy="RLTrader", timeframe="1h") as bot:
        strategy = bot.strategy
        wrong = known.assign(agent_right=48.0, agent_calls=100.0)
        strategy.dp._set_cached_df(BTC, "1h", wrong, CandleType.FUTURES)
        strategy.bot_loop_start(current_time=NOON)
        snapshot = strategy._session.supervisor.account.snapshot(NOON)
        verdict = model_accuracy(snapshot, strategy._settings.risk)
    assert verdict.mode is Mode.REDUCING
    assert "RLTrader was right in 48.0% of 100" in verdict.reason


def test_a_running_bot_has_the_month_and_the_warm_up(tmp_path: Path) -> None:
    strategy = trader(tmp_path).strategy
    longest = Inputs(forecast=True, interest=True).lookback_candles
    assert strategy.startup_candle_count >= 31 * 24 + longest


def test_a_model_of_the_same_strategy_is_what_the_agent_sees(tmp_path: Path) -> None:
    put(tmp_path, agent(inputs=Inputs(funding=False, forecast=True)))
    strategy = trader(tmp_path).strategy
    candles_ = frame().assign(model_lean=np.linspace(-1, 1, ROWS))
    assert strategy.forecast(candles_, BTC) is None  # no FreqAI in the config
    strategy.has_model = True
    seen = strategy._with_data(candles_, BTC, strategy.shelf().agents)["ml_signal"]
    assert np.allclose(seen, np.linspace(0, 1, ROWS))
    strategy.has_model = False
    assert "ml_signal" not in strategy._with_data(candles_, BTC, strategy.shelf().agents)


BOTH = """
from plimsoll.features import volatility
from plimsoll.strategies import AgentStrategy, ModelStrategy


class Both(AgentStrategy, ModelStrategy):
    timeframe = "1h"

    def model_features(self):
        return [volatility.atr.use(period=300)]

    def least_lean(self):
        return 0.1

    def features(self):
        return [volatility.atr.use(period=14)]

    def stop_distance(self):
        return volatility.atr.use(period=14), 8.0
"""


SAID = {"up": 0.5, "down": 0.2, "do_predict": 1, "holdout_side_skill": 0.1}


def test_a_strategy_may_have_an_agent_and_a_model(tmp_path: Path) -> None:
    put(tmp_path, agent(inputs=Inputs(funding=False, forecast=True)), trader_name="Both")
    strategy = build(tmp_path, RunMode.BACKTEST, BOTH, strategy="Both", timeframe="1h").strategy
    assert isinstance(strategy, ModelStrategy)
    blind = strategy.populate_indicators(frame(), {"pair": BTC})
    assert (blind["agent_action"] == NOBODY).all()  # it learned with a forecast
    type(strategy).has_model = True
    strategy.freqai = SimpleNamespace(start=lambda candles, *_: candles.assign(**SAID))
    strategy.config["freqai"] = {"feature_parameters": {"label_period_candles": 4}}
    found = strategy.populate_indicators(frame(), {"pair": BTC})
    assert np.allclose(found["model_lean"], 0.3)
    assert (found["agent_action"] != NOBODY).any()
