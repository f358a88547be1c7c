"""``plimsoll reprice`` on a result that Freqtrade's own code stored."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.commands import plimsoll
from tests.unit.execution.stored import store


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store(tmp_path_factory.mktemp("user_data"))


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: plimsoll("reprice", *words, monkeypatch=monkeypatch, capsys=capsys)


def test_the_table_ends_with_all_pairs_and_names_every_coefficient(result, run) -> None:
    ran = run(str(result))
    assert ran.status == 0
    for words in ("BTC/USDT:USDT", "all", "Half spread: 2 bps", "Impact: 1 ×", "Not simulated"):
        assert words in ran.out


def test_json_adds_up(result, run) -> None:
    (made,) = json.loads(run(str(result.parent), "--json").out)
    parts = sum(made["causes_usd"].values())
    assert made["before_usd"] + parts == pytest.approx(made["after_usd"], abs=1e-7)
    assert made["strategy"] == "Mine"
    assert made["pairs"]["BTC/USDT:USDT"]["after"] == pytest.approx(made["after_usd"])
    assert made["settings"]["impact_coefficient"] == 1.0


def test_options_reach_the_market(result, run) -> None:
    (made,) = json.loads(
        run(str(result), "--impact", "0", "--size", "3", "--depth-usd", "1000", "--json").out
    )
    (plain,) = json.loads(run(str(result), "--json").out)
    assert made["before_usd"] == pytest.approx(3 * plain["before_usd"])
    assert made["settings"]["depth_order_usd"] == 1000
    assert made["causes_usd"]["impact"] < 0


def test_the_page_is_written(result, run, tmp_path: Path) -> None:
    page = tmp_path / "new" / "page.html"
    ran = run(str(result), "--html", str(page))
    assert ran.status == 0
    text = page.read_text(encoding="utf-8")
    assert "What remains of Mine" in text
    assert text.count("<svg") == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--entry-orders", "stop"), "market or limit, found stop"),
        (("--strategy", "Other"), "holds no Other"),
        (("--costs", "absent.json"), "absent.json"),
        (("--datadir", "absent"), "no candle folder"),
    ],
)
def test_what_is_wrong_is_named(result, run, words, told) -> None:
    ran = run(str(result), *words)
    assert ran.status in (1, 2)
    assert told in ran.err
