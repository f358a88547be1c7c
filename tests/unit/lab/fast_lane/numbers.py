"""Doubles as they come up in money: short decimals, full ones, dust, ties."""

from hypothesis import strategies as st

SHORT = st.builds(
    lambda digits, decimals: digits / 10**decimals,
    st.integers(1, 10**12),
    st.integers(0, 12),
)
FULL = st.floats(1e-12, 1e12)
DUST = st.builds(lambda digits: digits * 1e-8, st.integers(1, 1000))
BINARY = st.builds(
    lambda digits, power: digits / 2**power, st.integers(1, 2**40), st.integers(0, 30)
)
POWERS = st.builds(lambda power: float(f"1e{power}"), st.integers(-12, 15))
NUMBERS = st.one_of(SHORT, FULL, DUST, BINARY, POWERS)
"""Positive doubles from 1e-12 to 1e15."""
FEES = st.one_of(
    st.sampled_from([0.0, 0.0002, 0.0004, 0.0005, 0.001, 0.00075, 0.1, 0.9999999999999999]),
    st.floats(1e-9, 0.01),
)
TICKS = st.sampled_from(
    [
        1e-8,
        1e-5,
        0.001,
        0.01,
        0.1,
        0.5,
        0.05,
        0.25,
        2.5e-5,
        0.3,
        1.0,
        5.0,
        10.0,
        100.0,
        1e-12,
        1e-14,
    ]
)
"""Steps of prices and amounts."""


def same(made: float, wanted: float) -> bool:
    """Return whether two doubles are the same one, and their signs too."""
    return made.hex() == wanted.hex()
