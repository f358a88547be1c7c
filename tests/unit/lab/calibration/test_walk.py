"""What is walked is what Freqtrade and `plimsoll search` make of the same market."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.lab.calibration.edge import Edge
from plimsoll.lab.calibration.folder import write_market
from plimsoll.lab.calibration.plan import FIRST
from plimsoll.lab.calibration.synthetic import Shape, synthetic_hours
from plimsoll.lab.calibration.walk import ALLOWED, Walked, Walker, searched
from plimsoll.lab.search.configuration import Config, with_timerange
from plimsoll.lab.search.confirmation import backtest_by_freqtrade, exported_params, fills_hash
from plimsoll.lab.search.epochs import Epochs
from plimsoll.lab.search.identity import identity_of
from plimsoll.lab.search.sampling import seed_at
from plimsoll.lab.search.storage import open_storage
from plimsoll.lab.search.studies import open_study, progress_of
from plimsoll.lab.search.worker import Place, Worker, study_at
from plimsoll.lab.walk_forward.plan import timerange_of
from plimsoll.performance.windows import Span
from tests.unit.lab.calibration.conftest import CUT

SEED = 11
Market = tuple[Path, dict[str, pd.DataFrame]]


@pytest.fixture(scope="module")
def market(walker: Walker, tmp_path_factory: pytest.TempPathFactory) -> Market:
    folder = tmp_path_factory.mktemp("made-market")
    hours = synthetic_hours(3, CUT.hours(walker.warm_up), Edge(6.0, 48), Shape.of(2))
    return folder, write_market(folder, hours, walker.ticks, walker.timeframe, FIRST)


@pytest.fixture(scope="module")
def walked(walker: Walker, market: Market) -> Walked:
    return walker.walk(*market, CUT.laid(walker.warm_up), seed=SEED)


def own_config(hyperopt: Config, folder: Path, span: Span) -> Config:
    """Return the config of a window as somebody would give it, with the market as data folder."""
    allowed = {**hyperopt["plimsoll"], **ALLOWED}
    made = with_timerange(hyperopt, timerange_of(span, "4h"))
    return made | {"datadir": folder, "plimsoll": allowed}


def test_it_was_the_compiled_lane(walked: Walked) -> None:
    assert walked.slower is None
    assert len(walked.trades) > 10
    assert None not in walked.winners


def test_freqtrade_itself_makes_the_same_trades_in_every_window(
    walked: Walked, market: Market, hyperopt: Config, walker: Walker
) -> None:
    wallet = walked.starting_balance_usd
    for (start, end), winner in zip(walked.spans, walked.winners, strict=True):
        config = own_config(hyperopt, market[0], Span(start, end)) | {"dry_run_wallet": wallet}
        epochs = Epochs(config, walker.exchange)
        epochs.load()
        assert winner is not None
        exported = exported_params(epochs, winner)
        spaces = list(epochs.spaces)
        own = backtest_by_freqtrade(epochs.pristine, exported, walker.exchange, searched=spaces)
        opened = walked.trades["open_date"]
        ours = walked.trades[(opened >= start) & (opened < end)]
        assert len(ours) > 0
        assert fills_hash(ours) == fills_hash(own["results"])
        wallet = own["final_balance"]
    grown = float(np.prod(1.0 + walked.returns))
    assert grown == pytest.approx(wallet / walked.starting_balance_usd, rel=1e-9)


def test_the_search_is_that_of_the_command(
    walked: Walked, market: Market, hyperopt: Config, walker: Walker, tmp_path: Path
) -> None:
    window = CUT.laid(walker.warm_up)[0]
    epochs = Epochs(own_config(hyperopt, market[0], window.train), walker.exchange)
    epochs.load()
    place = Place(str(tmp_path / "a.journal"), "a", int(hyperopt["epochs"]))
    open_study(
        open_storage(place.address), "a", identity_of(epochs), seed=seed_at(SEED, 0), address="a"
    )
    Worker(epochs, place).run(lambda _: None)
    best = progress_of(study_at(place)).best
    assert best is not None
    assert dict(best.params) == walked.winners[0]


def test_a_day_begins_where_the_test_does(walked: Walked) -> None:
    days = pd.DatetimeIndex(walked.returns.index)
    assert days[0] == walked.spans[0][0] + pd.Timedelta(days=1)
    assert days[-1] == walked.spans[-1][1]
    assert len(days) == 2 * CUT.test_days
    assert (walked.trades["open_date"] >= walked.spans[0][0]).all()


def test_the_account_of_the_first_windows_is_its_beginning(walked: Walked) -> None:
    first = walked.until(1)
    assert len(first.returns) == CUT.test_days
    assert (first.returns == walked.returns.iloc[: CUT.test_days]).all()
    assert 0 < len(first.trades) < len(walked.trades)
    assert len(first.spans) == len(first.winners) == 1


def test_the_same_seed_walks_the_same(walked: Walked, market: Market, walker: Walker) -> None:
    again = walker.walk(*market, CUT.laid(walker.warm_up), seed=SEED)
    assert again.winners == walked.winners
    assert (again.returns == walked.returns).all()


def test_a_search_without_enough_trades_has_no_winner(
    market: Market, hyperopt: Config, walker: Walker
) -> None:
    window = CUT.laid(walker.warm_up)[0]
    config = own_config(hyperopt, market[0], window.train) | {"hyperopt_min_trades": 10_000}
    epochs = Epochs(config, walker.exchange)
    epochs.load()
    assert searched(epochs, 2, seed=1) is None
