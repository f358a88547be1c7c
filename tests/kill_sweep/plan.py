"""Which moments a sweep kills at: drawn from a seed, one round each, every phase as often."""

import random
from dataclasses import dataclass

PHASES = ("entry", "stop placement", "partial exit", "flatten", "day's turn")
ORDER, STOP = "/fapi/v1/order", "/fapi/v1/algoOrder"
BEFORE, ACCEPTED, ANSWERED = "before", "accepted", "answered"
WHENS = (BEFORE, ACCEPTED, ACCEPTED, ANSWERED, ANSWERED)
DAY_SCENES = ("holding", "entering", "flattening", "halted")


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When to kill.

    With a `method` at the n-th such request: `before` it is carried out, when it was `accepted`
    and not answered yet, or `answered` and so many real milliseconds later. Without one so many
    milliseconds after the `event`: the phase's beginning, the record of a halt, midnight.
    """

    event: str = ""
    method: str = ""
    path: str = ""
    side: str = ""
    number: int = 1
    when: str = ""
    delay_ms: float = 0.0

    def __str__(self) -> str:
        if not self.method:
            return f"{self.delay_ms:+.1f} ms from {self.event}"
        side = f" {self.side}" if self.side else ""
        late = f" {self.delay_ms:.1f} ms ago" if self.when == ANSWERED else ""
        return f"{self.method} {self.path}{side}, no. {self.number}, {self.when}{late}"


@dataclass(frozen=True, kw_only=True)
class Round:
    """One kill: its number in the sweep, the phase, what is going on, and the moment."""

    number: int
    phase: str
    moment: Moment
    scene: str = ""


def draw(seed: int, number: int) -> Round:
    """Return the round of a number, the same for the same seed whichever others are run."""
    dice = random.Random(f"{seed}/{number}")
    phase = PHASES[(number - 1) % len(PHASES)]
    scene = ""
    if phase == "entry":
        moment = _near(dice, [("POST", ORDER, "BUY")], loosely="the wish to enter")
    elif phase == "stop placement":
        moment = _near(dice, [("POST", STOP, "SELL")])
    elif phase == "partial exit":
        requests = [("DELETE", STOP, ""), ("POST", ORDER, "SELL"), ("POST", STOP, "SELL")]
        moment = _near(dice, requests, loosely="the wish to halve")
    elif phase == "flatten":
        moment = _of_flatten(dice)
    else:
        scene = DAY_SCENES[(number - 1) // len(PHASES) % len(DAY_SCENES)]
        moment = Moment(event="midnight", delay_ms=dice.uniform(-250, 500))
    return Round(number=number, phase=phase, moment=moment, scene=scene)


def _of_flatten(dice: random.Random) -> Moment:
    kind = dice.randrange(4)
    if kind == 0:
        return Moment(event="the record of the halt", delay_ms=dice.uniform(0, 25))
    if kind == 1:
        return Moment(event="the flag", delay_ms=dice.uniform(0, 900))
    return _near(dice, [("DELETE", STOP, ""), ("POST", ORDER, "SELL")])


def _near(dice: random.Random, requests: list[tuple[str, str, str]], loosely: str = "") -> Moment:
    if loosely and dice.random() < 0.15:
        return Moment(event=loosely, delay_ms=dice.uniform(0, 1500))
    method, path, side = dice.choice(requests)
    when = dice.choice(WHENS)
    late = dice.choice((10.0, 60.0))
    return Moment(
        method=method,
        path=path,
        side=side,
        number=dice.choice((1, 2)),
        when=when,
        delay_ms=dice.uniform(0, late) if when == ANSWERED else 0.0,
    )
