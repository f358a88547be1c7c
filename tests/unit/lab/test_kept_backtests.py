"""Backtests that are kept: under which names, and when one is made again."""

import json
import zipfile
from dataclasses import replace

import pytest

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.core import PlimsollError
from plimsoll.lab.kept_backtests import KeptBacktests, copy_renamed
from plimsoll.lab.results import read_backtest
from plimsoll.lab.study import GUARDS_OFF, GUARDS_ON, Study
from tests.unit.lab.test_results import _stored

BTC = "BTC/USDT:USDT"
STUDY = Study("one pair", "1h", (BTC,), "20240101-20240111", ("TrendFollow",))


@pytest.fixture
def stored(tmp_path):
    """A result of Freqtrade in which nothing was traded."""
    return read_backtest(_stored(tmp_path / "results", {"TrendFollow": []}))


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    (folder / "futures").mkdir(parents=True)
    (folder / "futures" / "BTC_USDT_USDT-1h-futures.feather").write_bytes(b"candles")
    return folder


class Maker:
    """Makes the same result each time and counts how often."""

    def __init__(self, stored) -> None:
        self.times = 0
        self._result = replace(
            stored, config={"plimsoll": {"code_fingerprint": code_fingerprint()}}
        )

    def __call__(self, log):
        log.write_text("what freqtrade said", encoding="utf-8")
        self.times += 1
        return self._result


def test_result_is_made_once_and_read_from_its_own_name_afterwards(tmp_path, stored, data) -> None:
    make, folder = Maker(stored), tmp_path / "kept"
    first, was_kept = KeptBacktests(folder, data).get(STUDY, GUARDS_OFF, "TrendFollow", make)
    assert not was_kept
    assert first.path.name.startswith("TrendFollow-guards-off-1h-20240101-20240111-")
    assert first.strategy == "TrendFollow"
    log = first.path.with_suffix(".log")
    assert log.read_text(encoding="utf-8") == "what freqtrade said"
    again, was_kept = KeptBacktests(folder, data).get(STUDY, GUARDS_OFF, "TrendFollow", make)
    assert was_kept
    assert again.path == first.path
    assert make.times == 1


def test_without_resuming_it_is_made_again(tmp_path, stored, data) -> None:
    make = Maker(stored)
    for _ in range(2):
        kept = KeptBacktests(tmp_path / "kept", data, resume=False)
        kept.get(STUDY, GUARDS_OFF, "TrendFollow", make)
    assert make.times == 2


def test_what_it_is_made_with_gives_it_another_name(tmp_path, stored, data) -> None:
    make, folder = Maker(stored), tmp_path / "kept"
    own = tmp_path / "mine"
    own.mkdir()
    (own / "mine.py").write_text("a = 1\n", encoding="utf-8")
    layer = tmp_path / "risk-mine.json"
    layer.write_text("{}", encoding="utf-8")

    def path(study=STUDY, guarding=GUARDS_OFF):
        return KeptBacktests(folder, data).get(study, guarding, "TrendFollow", make)[0].path

    mine, under = replace(STUDY, folder=own), replace(GUARDS_ON, layers=(str(layer),))
    before = [path(), path(guarding=GUARDS_ON), path(mine), path(guarding=under)]
    before += [path(replace(STUDY, pairs=(BTC, "ETH/USDT:USDT")))]
    assert len(set(before)) == 5
    (own / "mine.py").write_text("a = 2\n", encoding="utf-8")
    layer.write_text('{"plimsoll": {}}', encoding="utf-8")
    assert path(mine) not in before
    assert path(guarding=under) not in before
    assert path() == before[0]
    (data / "futures" / "BTC_USDT_USDT-1h-mark.feather").write_bytes(b"marks")
    assert path() not in before


OUTSIDE = """
import sys
from freqtrade.strategy import IStrategy
sys.path.append({folder!r})
from {helper}.rules import PERIOD

class {name}(IStrategy):
    timeframe = "1h"
    stoploss = -0.1
    period = PERIOD
"""


def test_parameters_a_helper_elsewhere_and_an_included_layer_give_it_another_name(
    tmp_path, stored, data
) -> None:
    make, own, helpers = Maker(stored), tmp_path / "mine", tmp_path / "elsewhere"
    rules = helpers / "kept_test_helper" / "rules.py"
    rules.parent.mkdir(parents=True)
    rules.write_text("PERIOD = 1\n", encoding="utf-8")
    own.mkdir()
    text = OUTSIDE.format(folder=str(helpers), helper="kept_test_helper", name="TrendFollow")
    (own / "mine.py").write_text(text, encoding="utf-8")
    limits, layer = tmp_path / "limits.json", tmp_path / "risk-mine.json"
    limits.write_text("{}", encoding="utf-8")
    layer.write_text('{"add_config_files": ["limits.json"]}', encoding="utf-8")
    study, guarding = replace(STUDY, folder=own), replace(GUARDS_ON, layers=(str(layer),))

    def path():
        kept = KeptBacktests(tmp_path / "kept", data)
        return kept.get(study, guarding, "TrendFollow", make)[0].path

    paths = [path()]
    assert path() == paths[0]
    for changed, content in [
        (rules, "PERIOD = 2\n"),
        (own / "mine.json", '{"strategy_name": "TrendFollow", "params": {}}'),
        (limits, '{"plimsoll": {}}'),
    ]:
        changed.write_text(content, encoding="utf-8")
        paths.append(path())
    (own / "parts").mkdir()
    (own / "mine.json").rename(own / "parts" / "mine.json")
    paths.append(path())
    assert len(set(paths)) == 5


def test_zip_whose_record_was_not_written_is_not_taken(tmp_path, stored, data) -> None:
    make, folder = Maker(stored), tmp_path / "kept"
    first, _ = KeptBacktests(folder, data).get(STUDY, GUARDS_OFF, "TrendFollow", make)
    record = first.path.with_suffix(".made.json")
    assert json.loads(record.read_text(encoding="utf-8"))["pairs"] == [BTC]
    record.unlink()
    _, was_kept = KeptBacktests(folder, data).get(STUDY, GUARDS_OFF, "TrendFollow", make)
    assert not was_kept


def test_result_of_other_code_is_refused(tmp_path, stored, data) -> None:
    with pytest.raises(PlimsollError, match="found abc123: it was changed during the runs"):
        KeptBacktests(tmp_path / "kept", data).get(
            STUDY, GUARDS_OFF, "TrendFollow", lambda _: stored
        )
    assert not list((tmp_path / "kept").glob("*.zip"))


def test_renamed_zip_holds_what_the_first_held_under_its_own_name(tmp_path, stored) -> None:
    target = tmp_path / "another-name.zip"
    copy_renamed(stored.path, target)
    with zipfile.ZipFile(stored.path) as first, zipfile.ZipFile(target) as second:
        assert [first.read(name) for name in first.namelist()] == [
            second.read(name) for name in second.namelist()
        ]
        assert all(name.startswith("another-name") for name in second.namelist())
    assert read_backtest(target).config == stored.config
