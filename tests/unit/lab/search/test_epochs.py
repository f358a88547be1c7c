"""Epochs: Freqtrade's own loss to the last bit, from data that is loaded once."""

import pytest
from freqtrade.data.history import get_timerange
from freqtrade.enums import RunMode
from freqtrade.optimize.hyperopt.hyperopt_optimizer import HyperOptimizer
from freqtrade.resolvers.hyperopt_resolver import HyperOptLossResolver

from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.search.configuration import hyperopt_config, quiet
from plimsoll.lab.search.epochs import WORST_LOSS, Epochs
from tests.support.search_ground import SearchGround

PARAMS = {
    "fast_period": 10,
    "slow_period": 45,
    "min_adx": 16,
    "min_atr_pct": 0.0006,
    "tp_atr": 2.0,
    "sl_atr": 1.5,
}
WIDER = {
    "roi_t1": 60,
    "roi_t2": 40,
    "roi_t3": 20,
    "roi_p1": 0.01,
    "roi_p2": 0.02,
    "roi_p3": 0.04,
    "stoploss": -0.03,
    "max_open_trades": 1,
    "trailing_stop": True,
    "trailing_stop_positive": 0.011,
    "trailing_stop_positive_offset_p1": 0.012,
    "trailing_only_offset_is_reached": True,
}
LOSSES = (
    "SharpeHyperOptLoss",
    "MultiMetricHyperOptLoss",
    "MaxDrawDownPerPairHyperOptLoss",
    "CalmarCeilingLoss",
)


@pytest.fixture(scope="module")
def freqtrades_own(
    ground: SearchGround, tmp_path_factory: pytest.TempPathFactory
) -> HyperOptimizer:
    """Freqtrade's own optimizer, with its data in its own file, over all of its spaces."""
    spaces = ("buy", "sell", "roi", "stoploss", "trailing", "trades")
    with quiet():
        config = hyperopt_config(ground.arguments(spaces=spaces))
        made = HyperOptimizer(config, tmp_path_factory.mktemp("own") / "candles.pickle")
        made.init_spaces()
        made.prepare_hyperopt_data()
    return made


def test_a_loss_is_freqtrades_own_to_the_last_bit(
    ground: SearchGround, freqtrades_own: HyperOptimizer
) -> None:
    spaces = ("buy", "sell", "roi", "stoploss", "trailing", "trades")
    epochs = Epochs(hyperopt_config(ground.arguments(spaces=spaces)))
    epochs.load()
    params = {**PARAMS, **WIDER}
    assert set(params) == set(epochs.o_dimensions)
    for name in LOSSES:
        loss = HyperOptLossResolver.load_hyperoptloss({**epochs.config, "hyperopt_loss": name})
        epochs.calculate_loss = freqtrades_own.calculate_loss = loss.hyperopt_loss_function
        made = epochs.evaluate(params)
        assert made.trades > 5
        assert made.loss < WORST_LOSS
        with quiet():
            own = freqtrades_own.generate_optimizer(dict(params))
        assert made.loss == own["loss"], name
        assert made.profit_fraction == own["total_profit"]
    assert epochs.strategy.stoploss == -0.03
    assert epochs.strategy.trailing_stop_positive_offset == pytest.approx(0.023)


def test_an_epoch_leaves_nothing_to_the_next(epochs: Epochs) -> None:
    first = epochs.evaluate(PARAMS)
    other = epochs.evaluate({**PARAMS, "fast_period": 25, "slow_period": 90, "sl_atr": 3.0})
    assert other != first
    assert epochs.evaluate(PARAMS) == first


def test_too_few_trades_have_freqtrades_worst_loss(
    epochs: Epochs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(epochs.config, "hyperopt_min_trades", 100_000)
    assert epochs.evaluate(PARAMS).loss == WORST_LOSS


def test_parameters_are_exported_by_space(epochs: Epochs) -> None:
    told = epochs.details(PARAMS)
    assert told["params_details"]["sell"] == {"tp_atr": 2.0, "sl_atr": 1.5}
    assert told["params_not_optimized"]["stoploss"] == {"stoploss": -0.1}


def test_a_space_that_nobody_knows_is_refused(ground: SearchGround, epochs: Epochs) -> None:
    config = hyperopt_config(ground.arguments(spaces=("buy", "nonsense")))
    with pytest.raises(UsageError, match=r"found nonsense$"):
        Epochs(config, epochs.exchange)


def test_a_loss_that_nobody_knows_is_refused_in_a_line(
    ground: SearchGround, epochs: Epochs
) -> None:
    config = hyperopt_config(ground.arguments(loss="NoSuchLoss"))
    with pytest.raises(PlimsollError, match="NoSuchLoss") as caught:
        Epochs(config, epochs.exchange)
    assert "\n" not in str(caught.value)


def test_a_span_without_data_is_refused_in_a_line(ground: SearchGround, epochs: Epochs) -> None:
    config = hyperopt_config(ground.arguments(timerange="20250701-20250709"))
    later = Epochs(config, epochs.exchange)
    with pytest.raises(PlimsollError) as caught:
        later.load()
    assert "\n" not in str(caught.value)


def test_data_too_short_for_the_warm_up_is_refused(ground: SearchGround, epochs: Epochs) -> None:
    config = hyperopt_config(ground.arguments(timerange="20250601-20250601T1000"))
    short = Epochs(config, epochs.exchange)
    with pytest.raises(UsageError, match="candles of 5m to warm up"):
        short.load()


def test_an_epoch_without_candles_says_what_is_missing(
    ground: SearchGround, epochs: Epochs
) -> None:
    bare = Epochs(hyperopt_config(ground.arguments()), epochs.exchange)
    with pytest.raises(UsageError, match=r"load\(\) first"):
        bare.evaluate(PARAMS)


def test_the_span_of_an_epoch_is_that_of_its_trimmed_candles(epochs: Epochs) -> None:
    first, last = get_timerange(epochs.run(PARAMS)[0])
    assert (first, last) == (epochs.min_date, epochs.max_date)


def test_a_space_whose_winner_would_not_start_is_refused_before_the_search(
    ground: SearchGround,
) -> None:
    with quiet():
        epochs = Epochs(hyperopt_config(ground.arguments(spaces=("buy", "trailing"))))
    with pytest.raises(UsageError, match="without trailing, since TrendFollow declares stop_dist"):
        epochs.require_startable_winners()


def test_other_spaces_are_searched(ground: SearchGround) -> None:
    with quiet():
        Epochs(hyperopt_config(ground.arguments())).require_startable_winners()


def test_candles_in_memory_are_searched_as_those_of_files_without_funding(
    ground: SearchGround,
) -> None:
    loaded, fed = (Epochs(hyperopt_config(ground.arguments())) for _ in range(2))
    loaded.load()
    with quiet():
        candles, _ = Epochs(hyperopt_config(ground.arguments())).backtesting.load_bt_data()
    fed.feed(candles)
    theirs, ours = (one.run(PARAMS)[1]["results"] for one in (loaded, fed))
    assert fed.slower is None
    assert ours["open_date"].to_list() == theirs["open_date"].to_list()
    assert (theirs["funding_fees"] != 0).any()
    assert (ours["funding_fees"] == 0).all()


def test_a_config_of_another_command_is_refused(ground: SearchGround) -> None:
    config = hyperopt_config(ground.arguments()) | {"runmode": RunMode.BACKTEST}
    with pytest.raises(UsageError, match="expected the config of a hyperopt"):
        Epochs(config)
