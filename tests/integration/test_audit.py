"""``plimsoll audit`` and ``halt`` on an account at a real venue, with a database of Freqtrade's."""

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.audit import (
    AMOUNT,
    BTC,
    ETH,
    SCENES,
    AuditedAccount,
    audited_account,
    blocks,
    foreign_order,
    missing_position,
    shown,
    unexplained_position,
    unknown_order,
    wrong_size,
)
from tests.support.venue_keys import ENVIRONMENT
from tests.unit.cli import commands
from tests.unit.cli.commands import Ran
from tests.unit.control.test_halt import looping, obedient

Command = Callable[..., Ran]
SUBJECTS = ("account", "money", "position", "stop")
PAGE = blocks((ROOT / "docs/audit.md").read_text(encoding="utf-8"))


@pytest.fixture
def account(tmp_path: Path) -> Iterator[AuditedAccount]:
    with audited_account(tmp_path) as account:
        yield account


@pytest.fixture
def run(
    account: AuditedAccount,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    for name, value in account.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "200")
    command = partial(commands.plimsoll, monkeypatch=monkeypatch, capsys=capsys)
    return lambda *words: command(*words, *account.arguments)


# One of each side, the books and the account's mode; the others are slow drills of the same.
SHOWN_ALWAYS = {"sound", "unexplained_position", "missing_position", "missing_stop", "hedge_mode"}


@pytest.mark.parametrize(
    "scene",
    [
        pytest.param(scene, marks=() if scene in SHOWN_ALWAYS else pytest.mark.slow)
        for scene in SCENES
    ],
)
def test_each_break_is_named_with_what_to_do_as_the_page_shows(
    account: AuditedAccount, run: Command, scene: str
) -> None:
    act, kinds = SCENES[scene]
    act(account)
    told = run("audit")
    assert told.status == bool(kinds), told
    for kind in kinds:
        assert f"BREAK {kind.replace('_', ' ')} (" in told.out
    assert shown(told.out, account) in PAGE[scene]


def test_a_sound_account_is_sound_row_by_row(account: AuditedAccount, run: Command) -> None:
    lines = [line.split() for line in run("audit").out.splitlines()]
    assert ["position", BTC, "0.034", "long", "0.034", "long", "sound"] in lines
    assert [line[-1] for line in lines if line and line[0] in SUBJECTS] == ["sound"] * 4
    record = json.loads(run("audit", "--json").out)
    assert (record["sound"], record["breaks"], record["unknown"]) == (True, [], [])
    assert record["exchange"]["wallet_usd"] == pytest.approx(10_000, abs=2)


def test_the_record_has_every_break_with_age_owner_and_remedy(
    account: AuditedAccount, run: Command
) -> None:
    wrong_size(account)
    unknown_order(account)
    told = [{"kind": "wrong_size", "text": "x", "since": account.now.isoformat(), "pair": BTC}]
    account.step(90)
    account.loops(breaks=told)
    record = json.loads(run("audit", "--json").out)
    breaks = {one["kind"]: one for one in record["breaks"]}
    assert set(breaks) == {"wrong_size", "unknown_order"}
    size = breaks["wrong_size"]
    assert (size["ours"], size["age_seconds"]) == (True, 90.0)
    assert (size["exchange"], size["database"]) == (pytest.approx(0.079), AMOUNT)
    assert breaks["unknown_order"]["ours"]
    assert all(one["remedy"] and one["text"] for one in record["breaks"])


def test_somebody_elses_order_and_position_are_not_the_bots(
    account: AuditedAccount, run: Command
) -> None:
    unexplained_position(account)
    foreign_order(account)
    breaks = json.loads(run("audit", "--json").out)["breaks"]
    assert {one["kind"] for one in breaks} == {"unexplained_position", "foreign_order"}
    assert not any(one["ours"] for one in breaks)


def test_a_transfer_on_record_is_no_break(account: AuditedAccount, run: Command) -> None:
    account.transfer(-2_500.0, recorded=True)
    told = run("audit")
    assert told.status == 0, told
    assert told.out.count("7,498.62 USD") == 2


def test_an_exchange_that_does_not_answer_is_not_flat(
    account: AuditedAccount, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.fault("no-answer", hold_seconds=5.0)
    monkeypatch.setattr("plimsoll.control.exchange.LOOK_SECONDS", 1.0)
    account.forget_trade()
    told = run("halt", "--reason", "storm")
    assert told.status == 1
    assert "whether the account is flat is not known" in told.out
    assert "flat: " not in told.out
    audited = run("audit")
    assert audited.status == 1
    assert "did not answer within 1 s" in audited.out


def test_without_a_key_nothing_is_known(
    account: AuditedAccount, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name)
    layer = account.folder / "live.json"
    own = json.loads(layer.read_text(encoding="utf-8"))
    layer.write_text(json.dumps(own | {"exchange": {"key": "", "secret": ""}}), encoding="utf-8")
    told = run("audit")
    assert told.status == 1
    assert "FREQTRADE__EXCHANGE__KEY" in told.out


def test_halt_and_status_name_what_only_the_exchange_knows(
    account: AuditedAccount, run: Command
) -> None:
    unexplained_position(account)
    account.forget_trade()
    told = run("halt", "--reason", "storm")
    assert told.status == 1
    assert f"open at the exchange: {BTC} long 0.034" in told.out
    assert f"{ETH} short 1" in told.out
    seen = run("status")
    assert f"exchange   {ETH} short 1" in seen.out
    assert "exchange and database disagree" in seen.out
    assert len(json.loads(run("status", "--json").out)["exchange"]["positions"]) == 2


def test_halt_is_flat_when_the_exchange_says_so(account: AuditedAccount, run: Command) -> None:
    account.forget_trade()
    missing_position(account)
    told = run("halt", "--reason", "storm")
    assert told.status == 0, told
    assert told.out.splitlines()[-1] == "flat: no open position at the exchange"


def test_an_entry_that_waits_at_the_exchange_is_not_flat(
    account: AuditedAccount, run: Command
) -> None:
    account.forget_trade()
    missing_position(account)
    foreign_order(account)
    told = run("halt", "--reason", "storm")
    assert told.status == 1
    assert f"orders that may open a position: {ETH} buy 1 at 2000" in told.out


@pytest.mark.parametrize("count", [1, None])
def test_a_report_that_lacks_positions_is_not_flat(
    account: AuditedAccount, run: Command, count: int | None
) -> None:
    account.forget_trade()
    options: dict[str, Any] = {} if count is None else {"count": count}
    account.fault("missing-positions", **options)
    told = run("halt", "--reason", "storm")
    assert told.status == 1
    assert "flat: no" not in told.out


@pytest.mark.parametrize(("closes", "status"), [(True, 0), (False, 1)])
def test_halt_waits_until_a_running_bot_is_flat_at_the_exchange(
    account: AuditedAccount, run: Command, closes: bool, status: int
) -> None:
    account.forget_trade()
    closing = threading.Timer(4.0 if closes else 3600.0, missing_position, [account])
    closing.start()
    with looping(account.state, obedient):
        told = run("halt", "--reason", "storm", "--wait", "30" if closes else "6")
    closing.cancel()
    assert told.status == status, told
    assert ("flat: no open position at the exchange" in told.out) is closes
    assert (f"open at the exchange: {BTC} long 0.034" in told.out) is not closes
