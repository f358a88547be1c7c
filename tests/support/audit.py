"""A live account at the simulated exchange and a bot's database of it, to be held together.

with audited_account(tmp_path) as account:
    account.person.create_order(BTC, "market", "buy", 0.045)
    subprocess.run(["plimsoll", "audit", *account.arguments], env=account.environment)

The venue's clock stands still, so that every audit of one scene says the same.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ccxt
from freqtrade.persistence import Order, PairLocks, Trade

from plimsoll.bridge.account.capital import Capital, store_capital
from plimsoll.bridge.freqtrade.order_ids import name_orders
from plimsoll.bridge.state.folder import StateFolder
from tests.support.venue_keys import CCXT_KEYS, ENVIRONMENT, in_venue_time
from tests.unit.bridge.trades import database_trades
from tests.unit.venue.serving import get, post, venue

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
TAKER_FEE = 0.0005
START = "2025-05-29T13:48:00Z"
CAPITAL_USD = 10_000.0
AMOUNT = 0.034
BLOCK = re.compile(r"(<!-- audit: (\w+) -->\n```\w+\n)(.*?)(^```$)", re.MULTILINE | re.DOTALL)


class AuditedAccount:
    """An account at the venue, traded by a bot and by a person, and the bot's own books."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.profile, self.database = folder / "venue.json", folder / "tradesv3.sqlite"
        self.state = StateFolder(folder / "user_data" / "plimsoll")
        self.bot, self.person = self._client("plimsoll-"), self._client("x-")

    def _client(self, prefix: str) -> Any:
        config = json.loads(self.profile.read_text())["exchange"]["ccxt_config"]
        api = in_venue_time(ccxt.binance({**config, **CCXT_KEYS}), self.url)
        api.options["defaultType"] = "swap"
        api.options["broker"] = dict.fromkeys(api.options["broker"], prefix)
        return api

    @property
    def arguments(self) -> list[str]:
        """What names this bot on the command line."""
        files = [self.profile, self.folder / "live.json"]
        layers = [word for file in files for word in ("-c", str(file))]
        userdir = ["--userdir", str(self.folder / "user_data")]
        return [*userdir, "--db-url", f"sqlite:///{self.database}", *layers]

    @property
    def environment(self) -> dict[str, str]:
        """The exchange's keys, where a bot has them."""
        return dict(ENVIRONMENT)

    @property
    def now(self) -> datetime:
        """The venue's time."""
        status, clock = get(f"{self.url}/plimsoll/clock")
        assert status == 200
        return datetime.fromtimestamp(clock["now_ms"] / 1000, UTC)

    def name_orders_as_the_bot(self) -> None:
        """Let the names of the bot's next orders begin as a guarded bot's do."""
        prefix = name_orders(SimpleNamespace(_api=self.bot, _config={}))
        assert prefix is not None

    def fault(self, kind: str, **options: Any) -> None:
        """Start a fault of the venue."""
        self._control("faults", {"kind": kind, **options})

    def transfer(self, usd: float, *, recorded: bool) -> None:
        """Pay in, or out, with a record in the income history or without one."""
        self._control("transfer", {"amount_usd": usd, "recorded": recorded})

    def step(self, seconds: float) -> None:
        """Move the venue's clock, and the bot's last loop with it."""
        self._control("clock/step", {"seconds": seconds})
        self.loops()

    def loops(self, **told: Any) -> None:
        """Leave the status of a bot that has just ended a loop."""
        self.state.write_status(
            {"as_of": self.now, "mode": "ACTIVE", "stops_on_exchange": True, **told}
        )

    def _control(self, name: str, body: Mapping[str, Any]) -> None:
        status, answer = post(f"{self.url}/plimsoll/{name}", body)
        assert status == 200, answer

    def open_trade(self, pair: str = BTC, amount: float = AMOUNT) -> None:
        """Buy with a stop, as the bot does, and book both as Freqtrade does."""
        bought = self.bot.create_order(pair, "market", "buy", amount)
        stop = round(bought["average"] * 0.9, 1)
        params = {"stopPrice": stop, "reduceOnly": True}
        placed = self.bot.create_order(pair, "market", "sell", amount, None, params)
        opened = self.now.replace(tzinfo=None) - timedelta(hours=1)
        trade = Trade(
            pair=pair,
            exchange="binance",
            stake_currency="USDT",
            is_open=True,
            open_date=opened,
            open_rate=bought["average"],
            amount=amount,
            amount_requested=amount,
            stake_amount=bought["cost"] / 20,
            leverage=20.0,
            is_short=False,
            fee_open=TAKER_FEE,
            fee_close=TAKER_FEE,
            fee_open_currency="USDT",
            stop_loss=stop,
        )
        for one, role, filled in ((bought, "buy", amount), (placed, "stoploss", 0.0)):
            trade.orders.append(
                Order(
                    ft_order_side=role,
                    ft_pair=pair,
                    ft_is_open=filled == 0.0,
                    ft_amount=amount,
                    ft_price=bought["average"],
                    order_id=str(one["id"]),
                    status="closed" if filled else "open",
                    symbol=pair,
                    side=one["side"],
                    filled=filled,
                    amount=amount,
                    average=bought["average"] if filled else None,
                    order_date=opened,
                )
            )
        Trade.session.add(trade)
        Trade.commit()

    def forget_trade(self) -> None:
        """Let the database lose its trade, as a deletion over REST does."""
        Trade.session.delete(Trade.get_open_trades()[0])
        Trade.commit()


@contextmanager
def audited_account(folder: Path) -> Iterator[AuditedAccount]:
    """Yield a long of 0.034 BTC with its stop, on both sides, and 10,000 USD as capital."""
    (folder / "user_data").mkdir()
    (folder / "live.json").write_text('{"dry_run": false}')
    served = ("--symbols", "BTCUSDT,ETHUSDT", "--start", START, "--clock", "stepped")
    timeframe, PairLocks.timeframe = PairLocks.timeframe, "5m"
    try:
        with (
            venue(*served, "--write-config", folder / "venue.json") as line,
            database_trades(folder / "tradesv3.sqlite"),
        ):
            account = AuditedAccount(line["url"], folder)
            store_capital(Capital(CAPITAL_USD, account.now))
            account.open_trade()
            account.step(60)
            yield account
    finally:
        PairLocks.timeframe = timeframe


def sound(account: AuditedAccount) -> None:
    """Do nothing."""


def unexplained_position(account: AuditedAccount) -> None:
    """A person sells ETH in the bot's account."""
    account.person.create_order(ETH, "market", "sell", 1.0)


def missing_position(account: AuditedAccount) -> None:
    """A person closes the bot's position."""
    account.person.create_order(BTC, "market", "sell", AMOUNT, None, {"reduceOnly": True})


def wrong_size(account: AuditedAccount) -> None:
    """The bot buys more, and the answer is lost."""
    account.name_orders_as_the_bot()
    account.bot.create_order(BTC, "market", "buy", 0.045)


def wrong_side(account: AuditedAccount) -> None:
    """A person turns the position round."""
    account.person.create_order(BTC, "market", "sell", 2 * AMOUNT)


def missing_stop(account: AuditedAccount) -> None:
    """A person cancels the stop."""
    [stop] = account.person.fetch_open_orders(BTC, params={"stop": True})
    account.person.cancel_order(stop["id"], BTC, {"stop": True})


def unknown_order(account: AuditedAccount) -> None:
    """The bot sends an entry, and the answer is lost."""
    account.name_orders_as_the_bot()
    account.bot.create_order(ETH, "limit", "buy", 1.0, 2_000.0)


def foreign_order(account: AuditedAccount) -> None:
    """A person sends an entry in the bot's account."""
    account.person.create_order(ETH, "limit", "buy", 1.0, 2_000.0)


def money(account: AuditedAccount) -> None:
    """Money leaves, and the income history says nothing of it."""
    account.transfer(-2_500.0, recorded=False)


def unreadable_books(account: AuditedAccount) -> None:
    """The exchange reports no position while margin is in use."""
    [stop] = account.person.fetch_open_orders(BTC, params={"stop": True})
    account.person.cancel_order(stop["id"], BTC, {"stop": True})
    account.fault("missing-positions")


def hedge_mode(account: AuditedAccount) -> None:
    """The account is switched to hedge mode."""
    account.fault("hedge-mode")


def cross_margin(account: AuditedAccount) -> None:
    """The position is held on cross margin."""
    account.fault("cross-margin")


SCENES: dict[str, tuple[Callable[[AuditedAccount], None], set[str]]] = {
    "sound": (sound, set()),
    "unexplained_position": (unexplained_position, {"unexplained_position"}),
    "missing_position": (missing_position, {"missing_position", "stop_without_position"}),
    "wrong_size": (wrong_size, {"wrong_size"}),
    "wrong_side": (wrong_side, {"wrong_side"}),
    "missing_stop": (missing_stop, {"missing_stop"}),
    "unknown_order": (unknown_order, {"unknown_order"}),
    "foreign_order": (foreign_order, {"foreign_order"}),
    "money": (money, {"money"}),
    "unreadable_books": (unreadable_books, {"unreadable_books"}),
    "hedge_mode": (hedge_mode, {"hedge_mode"}),
    "cross_margin": (cross_margin, {"cross_margin"}),
}
"""What is done, and the breaks that an audit names then, others of its consequence aside."""


def shown(text: str, account: AuditedAccount) -> str:
    """Return what a command printed, as a page shows it."""
    return text.replace(str(account.folder), "…")


def blocks(page: str) -> dict[str, str]:
    """Return the outputs that a page shows, by scene."""
    return {name: text for _, name, text, _ in BLOCK.findall(page)}
