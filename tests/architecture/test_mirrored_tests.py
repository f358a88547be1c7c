"""Every module has a test file of its own, where a reader looks for it.

``src/plimsoll/risk/sizing.py`` is tested in ``tests/unit/risk/test_sizing.py``. What is not is
listed here with its reason, and the list can only become shorter.
"""

from pathlib import Path

import pytest

from tests.architecture.tree import short, tracked
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
    # A protocol: what satisfies it is tested with the supervisor.
    "bridge/guarding/account.py": "tests/unit/bridge/guarding/test_supervisor.py",
}
"""Modules that are tested in a file of another name."""


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
    wanted = [f"{short(mirror(module))} for {module}" for module in missing]
    assert wanted == [], f"expected a test file of each module's name, missing {', '.join(wanted)}"


def test_nothing_is_listed_that_is_gone_or_has_its_own_file() -> None:
    listed = [module for module in ELSEWHERE if module in MODULES]
    assert listed == list(ELSEWHERE)
    assert [module for module in listed if mirror(module).is_file()] == []


@pytest.mark.parametrize("module", ELSEWHERE)
def test_the_file_that_is_listed_tests_the_module(module: str) -> None:
    text = (ROOT / ELSEWHERE[module]).read_text(encoding="utf-8")
    place, _, name = module.removesuffix(".py").rpartition("/")
    package = f"plimsoll.{place.replace('/', '.')}"
    imports = (f"from {package}.{name} import", f"from {package} import {name}")
    assert any(line in text for line in imports)


def test_the_contracts_cover_the_feature_families() -> None:
    families = [module for module in MODULES if is_family(module)]
    assert len(families) >= 15
