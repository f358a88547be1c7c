"""``docs/images/telegram.svg``: the messages of the guards, as Telegram's rules let them through.

``python -m tests.drills.phone --write`` asks every guard about its own cases, sends what it says to
the strict Telegram service, and draws what was accepted.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from plimsoll.bridge.freqtrade.telegram_delivery import TelegramOutlet
from plimsoll.bridge.state.latch import WHAT_TO_TYPE
from plimsoll.bridge.state.locks import FOREVER
from plimsoll.core import Mode, Verdict
from plimsoll.core.books import BreakKind
from plimsoll.journal import messages
from plimsoll.lab.telegram.rules import Pace
from plimsoll.lab.telegram.service import CHAT_ID, TOKEN, telegram_service
from plimsoll.risk import GUARDS, RiskProfile
from tests.conftest import ROOT
from tests.contracts.test_guards import WORSE, ask, limits
from tests.unit.risk.accounts import BTC, ETH, NOON, position

PICTURE = ROOT / "docs/images/telegram.svg"
HOSTILE = "_*[x](y)` ``` <b>& 🛑 שלום\u202e abc\nline two\x00 " + "and so on, " * 450
STEP = timedelta(seconds=40)

WIDTH, GAP, MARGIN = 318, 20, 12
LINE, PAD = 16.5, 9
SPARE = 24
"""What a line leaves free for a font that runs wider than the one measured here."""
TALLEST = 880
NARROW, WIDE = set("ijltfr.,:;|!'()[]/ \u00a0\"-"), set("mwMW%@🛑✅🚫🔎⚠▶")
CHAT, BUBBLE, INK, MUTED, FRAME = "#d5e1e8", "#ffffff", "#1b2730", "#7b8b96", "#22313b"


def of_rule(name: str) -> Verdict:
    """Return what a guard says at the first of its cases in which it is as strict as it gets."""
    verdicts = [ask(name, one, limits()) for one in WORSE[name]]
    strictest = max(verdict.mode for verdict in verdicts)
    return next(verdict for verdict in verdicts if verdict.mode is strictest)


def samples() -> dict[str, list[str]]:
    """Return one message of every kind and rule, by its function, in the order of a bad day."""
    profile, now = RiskProfile(), NOON
    every = {name: of_rule(name) for name in GUARDS.names()}
    acting = [one for one in every.values() if one.mode >= Mode.FLATTEN]
    by_hand = Verdict(Mode.HALTED, "manual_halt", f"halted by hand: flag file: {HOSTILE}")
    blind = Verdict(
        Mode.FLATTEN, "blind_guards", "nothing was seen for 310 s", now + FOREVER, value=310
    )
    state = Verdict(Mode.HALTED, "state", f"the database is new; {WHAT_TO_TYPE}")
    looser = {"max_daily_loss_fraction": (0.02, 0.03), "max_daily_loss_usd": (20, None)}
    return {
        "started": [
            messages.started(
                strategy="TrendFollow",
                is_live=True,
                exchange="binance",
                guards=len(every),
                limits={
                    "daily loss": profile.max_daily_loss_fraction,
                    "drawdown": profile.drawdown_halt_fraction,
                    "risk per trade": profile.max_risk_per_trade_fraction,
                },
                open_pairs=[BTC, ETH],
            )
        ],
        "acted": [
            *(_acted(one) for one in acting),
            _acted(blind),
            messages.acted(by_hand, now, open_pairs=[BTC, ETH]),
            messages.acted(every["drawdown"], now, open_pairs=[], kept=False),
            messages.acted(state, now, open_pairs=[], lock=8),
        ],
        "not_closed": [
            messages.not_closed(
                [
                    (
                        position(amount=0.079),
                        "daily_loss",
                        "exit refused 3 times, last 5 s ago: -2022 rejected",
                    )
                ],
                seconds=180,
                alarm=2,
            )
        ],
        "closed": [
            messages.closed([BTC, ETH], 12, is_flat=True),
            messages.closed([BTC], 4, is_flat=False),
            messages.closed([BTC], 4, is_flat=True, beside={ETH: -0.5}),
        ],
        "ended": [messages.ended(every["daily_loss"])],
        "denied": [
            messages.denied(one, BTC, "long") for one in every.values() if one not in acting
        ],
        "restored": [
            messages.restored(every["drawdown"], now, lock=7),
            messages.restored(every["daily_loss"], now, held=[every["drawdown"]]),
        ],
        "rearmed": [messages.rearmed(["drawdown"], reason=HOSTILE, by="plimsoll resume, anna")],
        "not_rearmed": [messages.not_rearmed("anna")],
        "lock_put_back": [messages.lock_put_back(every["drawdown"])],
        "noticed": [
            messages.noticed("the database is new; nothing was held"),
            messages.noticed(
                "the capital was moved by +500 USD without a trade; losses are measured from as "
                "much more"
            ),
        ],
        "gap": [messages.gap(28_800, "the bot was stopped, asleep or hung")],
        "blind": [messages.blind("NetworkError: no connection", closes_after_seconds=300)],
        "failed": [messages.failed("leverage", "OperationalError: database is locked")],
        "strategy_failed": [messages.strategy_failed("on_loop", "KeyError: 'ema'")],
        "looser_limits": [
            messages.looser_limits(looser, list(looser)),
            messages.looser_limits(looser, []),
        ],
        "limits_accepted": [
            messages.limits_accepted(looser, reason="step two", by="anna"),
            messages.limits_accepted({}, reason="step two", by="anna"),
        ],
        "reload_refused": [messages.reload_refused("config.json has the key risk twice")],
        "broken": [
            messages.broken(
                f"the exchange holds 0.045 {BTC} more than the database", seconds=95, size_usd=3956
            )
        ],
        "agreed": [messages.agreed(BreakKind.MISSING_STOP, BTC)],
        "mended": [
            messages.mended(f"closed 0.045 long of {BTC} at market: no trade knew them"),
        ],
        "not_mended": [
            messages.not_mended(
                f"the exchange holds 0.045 {BTC} more than the database; it could not be mended: "
                "no connection"
            )
        ],
        "transferred": [
            messages.transferred(-1500.0),
            messages.transferred(-1500.0, share_usd=500),
        ],
        "money_accepted": [messages.money_accepted(-20.0)],
        "observed": [
            messages.observed(
                messages.acted(every["drawdown"], now, open_pairs=[BTC], is_locked=False)
            )
        ],
        "probation_ended": [messages.probation_ended("14 days have passed")],
        "beyond_terminal": [
            messages.beyond_terminal(
                "unlock", "a drawdown of 25.4 % from the highest equity ever is beyond the limit"
            )
        ],
    }


def texts() -> list[str]:
    """Return the messages of `samples`, one after the other."""
    return [text for told in samples().values() for text in told]


def _acted(verdict: Verdict) -> str:
    day = {"day_start_equity_usd": 1000.0}
    return messages.acted(verdict, NOON, open_pairs=[BTC, ETH], facts=day, lock=7)


def accepted(said: Sequence[str]) -> list[str]:
    """Send texts to the strict service; return what a reader sees, all of it accepted."""
    with TemporaryDirectory() as folder, telegram_service(Path(folder)) as service:
        service.paces = {CHAT_ID: Pace(burst=1000, per_second=1000)}
        with _environment(service.environment):
            outlet = TelegramOutlet({"token": TOKEN, "chat_id": str(CHAT_ID)})
            for text in said:
                outlet.send(text)
        if service.rejected:
            raise AssertionError(f"refused: {service.rejected}")
        return [sent.seen for sent in service.messages]


@contextmanager
def _environment(changes: Mapping[str, str]):  # type: ignore[no-untyped-def]
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


# The picture

HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" font-size="12.4"
 font-family="system-ui, Roboto, Helvetica, Arial, sans-serif" role="img"
 aria-label="Telegram messages of the guards">"""
SCREEN = f"""\
<g transform="translate({{left}} {{top}})">
<rect width="{WIDTH}" height="{{height:.0f}}" rx="22" fill="{CHAT}" stroke="{FRAME}" \
stroke-width="5"/>
<path d="M0 {{head}} v-22 a22 22 0 0 1 22 -22 h{WIDTH - 44} a22 22 0 0 1 22 22 v22 z" \
fill="{FRAME}"/>
<text x="20" y="28" fill="#fff" font-size="14" font-weight="600">{{title}}</text>
</g>"""


@dataclass(frozen=True)
class Bubble:
    """One message, wrapped."""

    lines: tuple[str, ...]
    time: str

    @property
    def height(self) -> float:
        """How tall it is, the time below its text included."""
        return len(self.lines) * LINE + 2 * PAD + 10


def bubbles(seen: Sequence[str]) -> list[Bubble]:
    """Wrap messages as a phone does."""
    return [
        Bubble(tuple(wrapped(text)), f"{NOON + number * STEP:%H:%M}")
        for number, text in enumerate(seen)
    ]


def wrapped(text: str) -> list[str]:
    """Break a text at spaces into lines that fit into a bubble."""
    room, lines = WIDTH - 2 * MARGIN - 2 * PAD - SPARE, [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and sum(map(_width, longer)) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _width(letter: str) -> float:
    if letter in NARROW:
        return 3.9
    return 11.0 if letter in WIDE else 8.6 if letter.isupper() else 6.95


def screens(made: Sequence[Bubble]) -> list[list[Bubble]]:
    """Fill one screen after the other."""
    filled: list[list[Bubble]] = [[]]
    left = float(TALLEST)
    for bubble in made:
        if filled[-1] and left < bubble.height + 8:
            filled.append([])
            left = float(TALLEST)
        filled[-1].append(bubble)
        left -= bubble.height + 8
    return filled


def phone_svg(seen: Sequence[str]) -> str:
    """Draw accepted messages as the screens of a phone, left to right."""
    columns = screens(bubbles(seen))
    head, tallest = 44, max(sum(one.height + 8 for one in column) for column in columns)
    height = head + tallest + 3 * MARGIN
    width = len(columns) * (WIDTH + GAP) + GAP
    parts = [HEAD.format(width=width, height=height + 2 * GAP)]
    for number, column in enumerate(columns):
        left = GAP + number * (WIDTH + GAP)
        title = f"Plimsoll bot ({number + 1} of {len(columns)})"
        parts.append(SCREEN.format(left=left, top=GAP, height=height, head=head, title=title))
        top = GAP + head + MARGIN
        for bubble in column:
            parts += _drawn(bubble, left + MARGIN, top)
            top += bubble.height + 8
    return "\n".join([*parts, "</svg>", ""])


def _drawn(bubble: Bubble, left: float, top: float) -> list[str]:
    wide = WIDTH - 2 * MARGIN
    box = f'<rect x="{left}" y="{top:.1f}" width="{wide}" height="{bubble.height:.1f}" rx="9"'
    parts = [f'{box} fill="{BUBBLE}"/>']
    for row, line in enumerate(bubble.lines):
        baseline = top + PAD + (row + 0.78) * LINE
        parts.append(
            f'<text x="{left + PAD}" y="{baseline:.1f}" fill="{INK}" xml:space="preserve">'
            f"{escape(line, quote=False)}</text>"
        )
    parts.append(
        f'<text x="{left + wide - PAD}" y="{top + bubble.height - 6:.1f}" fill="{MUTED}" '
        f'font-size="9.5" text-anchor="end">{bubble.time}</text>'
    )
    return parts


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.drills.phone --write")
    PICTURE.write_text(phone_svg(accepted(texts())), encoding="utf-8")
    print(f"wrote {PICTURE.relative_to(ROOT)}")
