"""What makes two searches one: data, code, config and space."""

from dataclasses import asdict, replace

import pandas as pd
import pytest

from plimsoll.lab.search.configuration import hyperopt_config
from plimsoll.lab.search.epochs import Epochs
from plimsoll.lab.search.identity import (
    code_of,
    config_fingerprint,
    data_fingerprint,
    identity_of,
    space_of,
)
from plimsoll.lab.study_data import file_of
from tests.support.search_ground import PAIRS, SearchGround, write_candles


def test_the_same_search_has_the_same_identity(ground: SearchGround, epochs: Epochs) -> None:
    again = Epochs(hyperopt_config(ground.arguments()), epochs.exchange)
    assert identity_of(again) == identity_of(epochs)
    assert identity_of(again).digest == identity_of(epochs).digest


def test_data_are_what_candles_hold_not_their_files(ground: SearchGround, tmp_path) -> None:
    config = hyperopt_config(ground.arguments())
    known = data_fingerprint(config, list(PAIRS))
    write_candles(tmp_path)
    config["datadir"] = tmp_path
    assert data_fingerprint(config, list(reversed(PAIRS))) == known
    file = file_of(tmp_path, PAIRS[1], "5m")
    frame = pd.read_feather(file)
    frame.loc[100, "close"] += 0.01
    frame.to_feather(file)
    assert data_fingerprint(config, list(PAIRS)) != known
    assert data_fingerprint(config, [PAIRS[0]]) != known


def test_a_longer_file_is_other_data(ground: SearchGround, tmp_path) -> None:
    config = hyperopt_config(ground.arguments())
    known = data_fingerprint(config, list(PAIRS))
    write_candles(tmp_path)
    config["datadir"] = tmp_path
    file = file_of(tmp_path, PAIRS[0], "5m")
    pd.read_feather(file).iloc[:-1].to_feather(file)
    assert data_fingerprint(config, list(PAIRS)) != known


@pytest.mark.parametrize(
    ("key", "value", "same"),
    [
        ("fee", 0.002, False),
        ("dry_run_wallet", 5_000, False),
        ("plimsoll", {"guards": "enforce"}, False),
        ("user_data_dir", "elsewhere", True),
        ("logfile", "a.log", True),
        ("hyperopt_jobs", 7, True),
    ],
)
def test_a_config_is_what_of_it_decides_trades(
    epochs: Epochs, key: str, value: object, *, same: bool
) -> None:
    config = dict(epochs.pristine)
    assert (config_fingerprint({**config, key: value}) == config_fingerprint(config)) is same


def test_where_an_exchange_is_reached_decides_nothing(epochs: Epochs) -> None:
    config = epochs.pristine
    moved = {**config, "exchange": {**config["exchange"], "key": "a", "ccxt_config": {}}}
    assert config_fingerprint(moved) == config_fingerprint(config)
    fewer = {**config["exchange"], "pair_whitelist": [PAIRS[0]]}
    assert config_fingerprint({**config, "exchange": fewer}) != config_fingerprint(config)


def test_a_changed_strategy_file_is_other_code(
    epochs: Epochs, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = code_of(epochs)
    file = tmp_path / "TrendFollow.py"
    file.write_text("# another\n", encoding="utf-8")
    monkeypatch.setattr(epochs.strategy, "__file__", str(file))
    assert code_of(epochs) != known


def test_how_many_epochs_counts_only_for_a_loss_that_may_read_it(epochs: Epochs) -> None:
    def space(**more: object) -> str:
        kept = epochs.pristine
        epochs.pristine = {**kept, **more}
        try:
            return space_of(epochs)
        finally:
            epochs.pristine = kept

    assert space(epochs=100) == space(epochs=200)
    own = {"hyperopt_loss": "DeflatedSharpeLoss"}
    assert space(epochs=100, **own) != space(epochs=200, **own)


def test_what_differs_is_named(epochs: Epochs) -> None:
    identity = identity_of(epochs)
    other = replace(identity, data="other", space="other")
    assert identity.differing(asdict(other)) == ["data", "space"]
    assert identity.differing(asdict(identity)) == []
