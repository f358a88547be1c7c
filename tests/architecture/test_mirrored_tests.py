"""Every module has a test file of its own, where a reader looks for it.

``src/plimsoll/risk/sizing.py`` is tested in ``tests/unit/risk/test_sizing.py``. What is not is
listed here with its reason, and the list can only become shorter.
"""

from pathlib import Path

import pytest

from tests.architecture.tree import tracked
from tests.conftest import ROOT

PACKAGE, UNIT = ROOT / "src/plimsoll", ROOT / "tests/unit"
MODULES = {
    file.relative_to(PACKAGE).as_posix(): file
    for file in tracked("src/plimsoll")
    if file.suffix == ".py" and file.name != "__init__.py"
}

ELSEWHERE = {
    # Shared by all features: compared with plain definitions, or held by the contracts.
    "features/intermediates.py": "tests/unit/features/test_against_definitions.py",
    "features/kernels.py": "tests/unit/features/test_against_definitions.py",
    "features/parameters.py": "tests/contracts/test_feature_parameters.py",
    "features/warmup.py": "tests/unit/features/test_features_by_hand.py",
    # Three guards that read one order book.
    "risk/guards/liquidity.py": "tests/unit/risk/test_entry_costs.py",
    "risk/guards/round_trip_cost.py": "tests/unit/risk/test_entry_costs.py",
    "risk/guards/spread.py": "tests/unit/risk/test_entry_costs.py",
    # The parts of the ensemble, which is tested as the strategies that it is made of.
    "signals/components.py": "tests/unit/signals/test_ensemble.py",
}
"""Modules that are tested in a file of another name."""

AWAITED: frozenset[str] = frozenset(
    {
        *(f"archive/{name}.py" for name in ("findings", "listing", "lock", "manifest", "schemas")),
        *(
            f"bridge/account/{name}.py"
            for name in (
                *("backtest", "equity_levels", "freqtrade_trades", "level_store", "live"),
                "live_levels",
            )
        ),
        *(f"bridge/guarding/{name}.py" for name in ("backtest_session", "opening", "session")),
        *(
            f"bridge/strategies/{name}.py"
            for name in ("panel_strategy", "rules", "seal", "trade_copies", "volatility_sized")
        ),
        "candles/windows.py",
        "features/registry.py",
        *(f"core/{name}.py" for name in ("account", "entry", "errors", "health", "side")),
        *(
            f"journal/{name}.py"
            for name in (
                *("canonical", "config_difference", "files", "history", "kind", "recovery"),
                *("tail", "words"),
            )
        ),
        *(f"performance/{name}.py" for name in ("drawdown", "errors")),
        *(
            f"reporting/{name}.py"
            for name in ("drawing", "feature_figure", "figures", "report_table")
        ),
        *(
            f"risk/{name}.py"
            for name in (
                *("costs", "denial", "limit", "quiet", "recent", "reference"),
                "trading_day",
            )
        ),
        *(f"venue/{name}.py" for name in ("errors", "exchange", "launch")),
        *(f"venue/account/{name}.py" for name in ("brackets", "matching")),
        *(
            f"venue/api/{name}.py"
            for name in (
                *("control", "distortion", "orders", "parameters", "private", "render"),
                *("server", "statistics", "stream"),
            )
        ),
        *(
            f"venue/market/{name}.py"
            for name in ("base", "book", "factors", "minutes", "pathwise", "symbols")
        ),
    }
)
"""Modules whose test file is being written."""


def mirror(module: str) -> Path:
    """Return where the tests of a module are; a guard's lie beside those of the risk kit."""
    path = Path(module.replace("risk/guards/", "risk/"))
    return UNIT / path.parent / f"test_{path.name}"


def is_family(module: str) -> bool:
    """Return whether a module registers features: the contracts hold every one of them."""
    text = MODULES[module].read_text(encoding="utf-8")
    return module.startswith("features/") and "\n@feature(" in text


def test_every_module_has_a_test_file_of_its_name() -> None:
    missing = [
        module
        for module in MODULES
        if not mirror(module).is_file() and not is_family(module) and module not in ELSEWHERE
    ]
    assert sorted(set(missing) - AWAITED) == []


def test_nothing_is_listed_that_is_gone_or_has_its_own_file() -> None:
    listed = [module for module in ELSEWHERE if module in MODULES]
    assert listed == list(ELSEWHERE)
    assert [module for module in listed if mirror(module).is_file()] == []


@pytest.mark.parametrize("module", ELSEWHERE)
def test_the_file_that_is_listed_tests_the_module(module: str) -> None:
    """A command is run by its words, so that its file only has to be there."""
    text = (ROOT / ELSEWHERE[module]).read_text(encoding="utf-8")
    place, _, name = module.removesuffix(".py").rpartition("/")
    package = f"plimsoll.{place.replace('/', '.')}"
    imports = (f"from {package}.{name} import", f"from {package} import {name}")
    assert place == "cli" or any(line in text for line in imports)


def test_the_contracts_cover_the_feature_families() -> None:
    families = [module for module in MODULES if is_family(module)]
    assert len(families) >= 15
