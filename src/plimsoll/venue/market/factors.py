"""The hourly skeleton of the synthetic market: one vectorised factor model for its whole life.

Returns are a common factor plus the contract's own, both Student-t with EGARCH-type log
volatility (Nelson 1991, Econometrica 59, eq. 2.1) over three time scales, which gives the long
memory of absolute returns (Corsi 2009, J. Financial Econometrics 7). Jumps arrive at random,
trend regimes add drift, and a very slow pull towards the typical price keeps levels sane.
Everything is drawn at once from counter-based streams (Philox; Salmon et al. 2011), so no value
depends on earlier requests.
"""

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from plimsoll.venue.clock import parse_utc_ms
from plimsoll.venue.market.intervals import DAY_MS, HOUR_MS
from plimsoll.venue.market.symbols import SymbolSpec

Floats = npt.NDArray[np.float64]

LIFE_START_MS = parse_utc_ms("2019-09-01")
LIFE_END_MS = parse_utc_ms("2032-01-01")
HOURS = (LIFE_END_MS - LIFE_START_MS) // HOUR_MS
HOURS_A_YEAR = 8760.0
PULL_HOURS = 1.1 * HOURS_A_YEAR
TAIL_DEGREES = 5.0
JUMPS_AN_HOUR = 1 / 900
JUMP_SIZE_HOURS = 4.5  # standard deviations of an hour

# Mean absolute hourly return of BTC by UTC hour over its daily mean, 2022-06 → 2025-06.
HOUR_OF_DAY = np.array(
    [
        *(1.05, 1.11, 0.94, 0.77, 0.70, 0.76, 0.82, 0.84, 0.87, 0.81, 0.76, 0.80),
        *(0.96, 1.23, 1.53, 1.40, 1.16, 1.23, 1.15, 1.15, 1.06, 1.02, 1.03, 0.87),
    ]
)
WEEKEND = 0.61  # same data: weekend over weekday


def stream(seed: int, name: str, symbol: str = "", block: int = 0) -> np.random.Generator:
    """Return the random stream that belongs to a seed, a purpose, a contract and a block."""
    key = np.array(
        [seed & 0xFFFF_FFFF_FFFF_FFFF, zlib.crc32(f"{name}/{symbol}".encode())], dtype=np.uint64
    )
    counter = np.array([0, 0, 0, block], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def autoregress(shocks: Floats, decay: float) -> Floats:
    """Return x with x[t] = decay · x[t−1] + shocks[t], x[−1] = 0, along the last axis.

    Hillis and Steele's scan (1986, Comm. ACM 29): log2(n) vectorised passes, always in the same
    order, so that the result is the same to the bit.
    """
    state = shocks.astype(np.float64, copy=True)
    reach, weight = 1, decay
    while reach < state.shape[-1] and abs(weight) > 1e-14:
        state[..., reach:] += weight * state[..., :-reach]
        reach, weight = reach * 2, weight * weight
    return state


def _smooth(shocks: Floats, hours: float, deviation: float) -> Floats:
    """Return an AR(1) with the given memory and stationary standard deviation."""
    decay = float(np.exp(-1.0 / hours))
    shocks = shocks.copy()
    shocks[0] /= np.sqrt(1.0 - decay**2)
    smooth: Floats = deviation * np.sqrt(1.0 - decay**2) * autoregress(shocks, decay)
    return smooth


def student(rng: np.random.Generator, size: int) -> Floats:
    """Return Student-t draws of unit variance, shape (size,)."""
    scale = np.sqrt((TAIL_DEGREES - 2.0) / TAIL_DEGREES)
    draws: Floats = rng.standard_t(TAIL_DEGREES, size) * scale
    return draws


@dataclass(frozen=True)
class Skeleton:
    """One contract's hours. Arrays have one entry an hour, `log_price` one more.

    `log_price[h]` stands at the start of hour h, `deviation[h]` is the conditional standard
    deviation of that hour's log return, `market_loading[h]` its conditional correlation with the
    common factor, `premium[h]` and `log_interest[h]` stand at its start.
    """

    log_price: Floats
    deviation: Floats
    market_loading: Floats
    volume_usd: Floats
    premium: Floats
    log_interest: Floats
    sentiment: Floats


class Factors:
    """The common factor of one seed, and the skeletons of its contracts."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._skeletons: dict[str, Skeleton] = {}

    @cached_property
    def _seasonal(self) -> Floats:
        hours = LIFE_START_MS // HOUR_MS + np.arange(HOURS)
        weekday = (hours // 24 + 3) % 7  # 1970-01-01 was a Thursday, Monday is 0
        level = HOUR_OF_DAY[hours % 24] * np.where(weekday >= 5, WEEKEND, 1.0)
        seasonal: Floats = level / np.sqrt(np.mean(level**2))
        return seasonal

    @cached_property
    def _common(self) -> tuple[Floats, Floats, Floats]:
        """Return the factor's log volatility, unit-variance return and drift regime, by hour."""
        rng = stream(self.seed, "factor")
        shock = student(rng, HOURS)
        log_volatility = _log_volatility(rng, shock, (0.36, 0.26, 0.30))
        jumps = (rng.random(HOURS) < JUMPS_AN_HOUR) * rng.standard_normal(HOURS) * JUMP_SIZE_HOURS
        returns = np.exp(log_volatility) * (shock + jumps)
        lengths = rng.exponential(14 * 24.0, 2000)
        kinds = rng.choice(np.array([-1.0, 0.0, 0.0, 1.0]), 2000)
        drift = kinds[np.searchsorted(np.cumsum(lengths), np.arange(HOURS))]
        return log_volatility, returns, drift

    def skeleton(self, spec: SymbolSpec) -> Skeleton:
        """Return the contract's hours, made once."""
        skeleton = self._skeletons.get(spec.symbol)
        if skeleton is None:
            skeleton = self._skeletons[spec.symbol] = self._build(spec)
        return skeleton

    def _build(self, spec: SymbolSpec) -> Skeleton:
        common_volatility, common_returns, drift = self._common
        rng = stream(self.seed, "hours", spec.symbol)
        shock = student(rng, HOURS)
        own_volatility = _log_volatility(rng, shock, (0.30, 0.25, 0.20))
        jumps = (rng.random(HOURS) < JUMPS_AN_HOUR) * rng.standard_normal(HOURS) * JUMP_SIZE_HOURS
        share = spec.market_correlation
        own_share = np.sqrt(1.0 - share**2)
        own_returns = np.exp(own_volatility + 0.6 * common_volatility - 0.05) * (shock + jumps)
        unit = spec.annual_volatility_fraction / np.sqrt(HOURS_A_YEAR)
        level = unit * self._seasonal
        moves = level * (share * common_returns + own_share * own_returns)
        moves += drift * 1.6 * spec.annual_volatility_fraction / HOURS_A_YEAR
        path = autoregress(moves, float(np.exp(-1.0 / PULL_HOURS)))
        common_part = share * np.exp(common_volatility)
        relative = np.hypot(
            common_part, own_share * np.exp(own_volatility + 0.6 * common_volatility)
        )
        sentiment = _sentiment(rng, moves / unit)
        return Skeleton(
            log_price=np.log(spec.typical_price_usd) + np.concatenate([[0.0], path]),
            deviation=level * relative,
            market_loading=common_part / relative,
            volume_usd=_volume_usd(
                rng, spec, relative * self._seasonal, moves / (level * relative)
            ),
            premium=_premium(rng, sentiment, moves),
            log_interest=_log_interest(rng, moves, unit),
            sentiment=sentiment,
        )


def _log_volatility(
    rng: np.random.Generator, shock: Floats, deviations: tuple[float, float, float]
) -> Floats:
    """Return log volatility with three memories (hours, days, weeks) and unit mean square.

    The fast part answers to the last shock: |shock| raises it, and a fall raises it more.
    """
    previous = np.concatenate([[0.0], shock[:-1]])
    answer = (np.abs(previous) - 0.75) / 0.66 - 0.25 * previous
    fast = _smooth(0.55 * answer + 0.8 * rng.standard_normal(HOURS), 7.0, deviations[0])
    middle = _smooth(rng.standard_normal(HOURS), 80.0, deviations[1])
    slow = _smooth(rng.standard_normal(HOURS), 900.0, deviations[2])
    total = fast + middle + slow
    return total - float(np.sum(np.square(deviations)))


def _volume_usd(
    rng: np.random.Generator, spec: SymbolSpec, relative: Floats, standard_moves: Floats
) -> Floats:
    """Return each hour's volume in USD: it rises with volatility and with the move itself."""
    own = _smooth(rng.standard_normal(HOURS), 30.0, 0.35)
    activity = 0.95 * np.log(relative) + 0.4 * np.log(0.35 + np.abs(standard_moves)) + own
    return spec.hourly_volume_usd * np.exp(activity + 0.08)


def _sentiment(rng: np.random.Generator, unit_moves: Floats) -> Floats:
    """Return the crowd's lean, about unit variance: it follows the trend of the last days."""
    trend = autoregress(unit_moves, float(np.exp(-1 / 72.0))) / np.sqrt(36.0)
    slow = _smooth(rng.standard_normal(HOURS), 110.0, 0.75)
    fast = _smooth(rng.standard_normal(HOURS), 9.0, 0.35)
    lagged = np.concatenate([[0.0], trend[:-1]])
    return np.clip(0.5 * np.tanh(lagged / 1.5) + slow + fast, -2.6, 1.85)


def _premium(rng: np.random.Generator, sentiment: Floats, moves: Floats) -> Floats:
    """Return the premium of the contract over its index as a fraction.

    Skewed like the real basis: most of the time a few basis points below the index, far above
    it when the crowd is long; sharp falls push it down for some hours.
    """
    decay = float(np.exp(-1 / 2.5))
    dislocation = autoregress(np.minimum(moves + 0.02, 0.0), decay)
    lagged = np.concatenate([[0.0], dislocation[:-1]])
    noise = rng.standard_normal(HOURS) * 0.5e-4
    return -5.7e-4 + 2.0e-4 * np.exp(1.35 * sentiment) + 0.03 * lagged + noise


def _log_interest(rng: np.random.Generator, moves: Floats, unit: float) -> Floats:
    """Return the log of open interest around its mean: it builds in trends, falls in crashes."""
    day = autoregress(moves / unit, float(np.exp(-1 / 24.0))) / np.sqrt(12.0)
    lagged = np.concatenate([[0.0], day[:-1]])
    build = 0.0007 * (np.tanh(np.abs(lagged) / 1.5) - 0.45)
    size = np.maximum(np.abs(moves) - 4.0 * unit, 0.0)
    flush = -0.9 * size * np.where(moves < 0, 1.0, 0.5)
    noise = 0.0070 * student(rng, HOURS)
    decay = float(np.exp(-1 / 500.0))
    state = autoregress(build + flush + noise, decay)
    return np.concatenate([[0.0], state])


def hour_index(time_ms: int) -> int:
    """Return the index of the hour that holds the instant."""
    return (time_ms - LIFE_START_MS) // HOUR_MS


def day_index(time_ms: int) -> int:
    """Return the index of the UTC day that holds the instant."""
    return (time_ms - LIFE_START_MS) // DAY_MS
