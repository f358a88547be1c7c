"""What fills cost in the books of a served venue, by the config that Freqtrade would take."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.costs import measure_costs
from plimsoll.lab.venue import Venue, serve_venue
from plimsoll.risk.order_book import TakingCosts

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    folder = tmp_path_factory.mktemp("venue")
    with serve_venue(["--symbols", "BTCUSDT,ETHUSDT"], folder=folder) as served:
        yield served


def measured(
    folder: Path, *files: Path, order_usd: float = 1000.0, looks: int = 1
) -> dict[str, TakingCosts]:
    return measure_costs(folder, files, order_usd=order_usd, looks=looks, pause_seconds=0.0)


def test_every_pair_of_the_whitelist_is_measured(venue: Venue, tmp_path: Path) -> None:
    costs = measured(tmp_path, venue.config)
    assert set(costs) == {BTC, ETH}
    assert all(0 < cost.spread_bps < 10 and cost.slippage_bps >= 0 for cost in costs.values())


def test_every_look_is_reported(venue: Venue, tmp_path: Path) -> None:
    looks: list[int] = []
    measure_costs(
        tmp_path,
        [venue.config],
        order_usd=1000.0,
        looks=3,
        pause_seconds=0.0,
        progress=lambda: looks.append(1),
    )
    assert len(looks) == 3


def test_the_environment_wins_over_the_files_as_in_freqtrade(
    venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREQTRADE__EXCHANGE__PAIR_WHITELIST", f'["{ETH}"]')
    assert set(measured(tmp_path, venue.config)) == {ETH}


def test_an_order_beyond_the_book_names_the_pair(venue: Venue, tmp_path: Path) -> None:
    with pytest.raises(PlimsollError, match=f"{BTC}: .* are wanted"):
        measured(tmp_path, venue.config, order_usd=1e12)


def test_a_pair_that_is_not_traded_is_named(venue: Venue, tmp_path: Path) -> None:
    layer = tmp_path / "own.json"
    layer.write_text(json.dumps({"exchange": {"pair_whitelist": ["XXX/USDT:USDT"]}}))
    with pytest.raises(PlimsollError, match="XXX/USDT:USDT is not traded at"):
        measured(tmp_path, venue.config, layer)


@pytest.mark.parametrize(
    ("config", "said"),
    [("{}", "exchange.name"), ('{"exchange": {"name": "binance"}}', "exchange.pair_whitelist")],
)
def test_a_config_without_exchange_or_pairs_is_wrong_usage(
    tmp_path: Path, config: str, said: str
) -> None:
    file = tmp_path / "config.json"
    file.write_text(config)
    with pytest.raises(UsageError, match=f"expected {said}"):
        measured(tmp_path, file)
