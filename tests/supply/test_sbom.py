"""``make sbom``: valid by CycloneDX's schema, and exactly the locked packages."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import PlimsollError
from tests.supply.pins import locked
from tests.supply.sbom import faults, written

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("cyclonedx_py") is None,
    reason="needs cyclonedx-bom: pip install cyclonedx-bom",
)


LOCKED = [("aiofiles", "25.1.0"), ("numpy", "2.4.0"), ("numpy", "2.3.5")]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A list of three pins, of which two are one package on two platforms."""
    folder = tmp_path_factory.mktemp("sbom")
    constraints = folder / "constraints.txt"
    when = ("", " ; python_version > '3.11'", " ; python_version <= '3.11'")
    hashed = f" \\\n    --hash=sha256:{'0' * 64}\n"
    lines = (f"{name}=={version}{one}" for (name, version), one in zip(LOCKED, when, strict=True))
    constraints.write_text("".join(f"{line}{hashed}" for line in lines))
    return written(folder / "sbom.json", constraints)


def test_it_lists_exactly_the_locked_packages_with_hashes(made: dict[str, Any]) -> None:
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    assert len(made["components"]) == len(LOCKED)


@pytest.mark.slow
def test_it_lists_the_packages_of_this_project(tmp_path: Path) -> None:
    assert len(written(tmp_path / "sbom.json")["components"]) == len(locked())


def without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda bom: bom["components"][0].pop(name)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda bom: bom["components"].pop(), "is missing"),
        (lambda bom: bom["components"].append(bom["components"][0]), "stands there twice"),
        (lambda bom: bom["components"][0].update(name="other-name"), "is not locked"),
        (lambda bom: bom["components"][0].update(version="0.0"), "0.0 is not locked"),
        (without("externalReferences"), "has no hash"),
        (without("type"), "not valid CycloneDX"),
        (lambda bom: bom.update(bomFormat="Other"), "not valid CycloneDX"),
        (lambda bom: bom.pop("components"), "found none"),
    ],
)
def test_a_list_that_is_wrong_is_told(
    made: dict[str, Any], broken: Callable[[dict[str, Any]], object], said: str
) -> None:
    bom = json.loads(json.dumps(made))
    broken(bom)
    assert said in "; ".join(faults(json.dumps(bom), LOCKED))


def test_a_file_that_locks_nothing_makes_no_list(tmp_path: Path) -> None:
    constraints, file = tmp_path / "constraints.txt", tmp_path / "sbom.json"
    constraints.write_text("")
    with pytest.raises(PlimsollError):
        written(file, constraints)
