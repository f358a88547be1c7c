"""Find what a Python file defines, features, guards and strategies, and check each."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from plimsoll.checks import Finding, check_feature, check_guard
from plimsoll.checks.features import CONTRACTS as OF_FEATURES
from plimsoll.checks.finding import described
from plimsoll.checks.guards import CONTRACTS as OF_GUARDS
from plimsoll.checks.guards import about_of
from plimsoll.core.errors import UsageError
from plimsoll.features import Feature, registering

CHECKED = "plimsoll_checked"
FREQTRADE_STRATEGY = "freqtrade.strategy.interface.IStrategy"


@dataclass(frozen=True, slots=True)
class Checked:
    """One object of a file, and what it fell short of.

    Attributes
    ----------
    kind
        ``feature``, ``guard`` or ``strategy``.
    contracts
        How many contracts it was held to.
    findings
        Empty when all were kept.
    note
        What else there is to know of it; empty for nothing.
    """

    file: Path
    kind: str
    name: str
    contracts: int
    findings: tuple[Finding, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Defined:
    """What one file defines."""

    file: Path
    features: tuple[Feature, ...]
    guards: tuple[Callable[..., Any], ...]
    strategies: tuple[type, ...]

    @property
    def count(self) -> int:
        """How many objects there are to check."""
        return len(self.features) + len(self.guards) + len(self.strategies)


def defined_in(file: Path) -> Defined:
    """Import a file and return the features, guards and strategies that it defines itself.

    The file's features are not registered afterwards, and the file is no module that another
    import would find.

    Raises
    ------
    UsageError
        When there is no such Python file, when importing it raises, and when it defines nothing
        to check.
    """
    if file.suffix != ".py" or not file.is_file():
        raise UsageError(f"expected a Python file to check, found {_what_is(file)}")
    with registering() as features, _imported(file) as module:
        members = [value for value in vars(module).values() if _is_of(value, module)]
    defined = Defined(
        file,
        tuple(features),
        tuple(one for one in members if not isinstance(one, type) and about_of(one)),
        tuple(one for one in members if isinstance(one, type) and _is_strategy(one)),
    )
    if not defined.count:
        raise UsageError(
            f"expected {file} to define a feature (with @feature of plimsoll.features), a guard (a "
            "function annotated to return a Verdict) or a strategy, found none"
        )
    return defined


def check_files(
    files: Sequence[Path],
    started: Callable[[str, int], None] = lambda *_: None,
    *,
    profile: Path | None = None,
    leaks: bool = False,
) -> list[Checked]:
    """Check all that the files define, in their order.

    ``profile`` is the config layer whose risk profile a portfolio is compared with; by default
    the default profile. With ``leaks`` strategies alone are checked, and for leaks alone.

    ``started`` is called with the name of each object before it is checked, and with how many
    there are. Every file is imported before the first check.

    Raises
    ------
    UsageError
        As of `defined_in`, and when ``profile`` cannot be read.
    """
    defined = [defined_in(file) for file in files]
    if leaks:
        return _leaks_of(defined, started)
    count = sum(one.count for one in defined)
    checked = []
    for one in defined:
        for kind, name, contracts, check, note in _checks(one, profile):
            started(f"{kind} {name}", count)
            findings = tuple(check())
            checked.append(Checked(one.file, kind, name, contracts, findings, note() or ""))
    return checked


def _leaks_of(defined: Sequence[Defined], started: Callable[[str, int], None]) -> list[Checked]:
    # It brings Freqtrade, which takes seconds.
    from plimsoll.lab.leaks.check import check_leaks

    count = sum(len(one.strategies) for one in defined)
    if not count:
        files = ", ".join(str(one.file) for one in defined)
        raise UsageError(f"expected a strategy to look for leaks in, found none in {files}")
    checked = []
    for one in defined:
        for made in one.strategies:
            result = check_leaks(one.file, made, lambda text, of: started(text, of * count))
            told = (result.contracts, result.findings, result.note)
            checked.append(Checked(one.file, "strategy", made.__name__, *told))
    return checked


Check = tuple[str, str, int, Callable[[], list[Finding]], Callable[[], str | None]]


def _checks(defined: Defined, profile: Path | None) -> Iterator[Check]:
    for feature in defined.features:
        yield "feature", feature.name, len(OF_FEATURES), partial(_of_feature, feature), str
    for guard in defined.guards:
        yield "guard", guard.__name__, len(OF_GUARDS), partial(check_guard, guard), str
    if defined.strategies:
        # It brings Freqtrade, which takes seconds.
        from plimsoll.lab.strategy_check import CONTRACTS as OF_STRATEGIES
        from plimsoll.lab.strategy_check import check_strategy_class, targets_held

        for made in defined.strategies:
            check = partial(check_strategy_class, defined.file, made)
            note = partial(targets_held, defined.file, made, profile)
            yield "strategy", made.__name__, OF_STRATEGIES, check, note


def _of_feature(feature: Feature) -> list[Finding]:
    return check_feature(feature.use_with_defaults())


@contextmanager
def _imported(file: Path) -> Iterator[ModuleType]:
    """Import a file as a module that only its own code finds, for the length of the block.

    Raises
    ------
    UsageError
        When importing it raises, in one line.
    """
    name = f"{CHECKED}.{file.stem}"
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"expected a Python file to check, found {file}")
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise UsageError(f"expected {file} to import, found {described(error)}") from error
    else:
        yield module
    finally:
        del sys.modules[name]


def _what_is(file: Path) -> str:
    if file.is_dir():
        return f"the folder {file}"
    return f"{file}, which is {'not named .py' if file.exists() else 'not there'}"


def _is_of(value: object, module: ModuleType) -> bool:
    """Return whether a module defines a public function or class itself."""
    name = getattr(value, "__name__", "_")
    own = getattr(value, "__module__", None) == module.__name__
    return own and callable(value) and not name.startswith("_")


def _is_strategy(made: type) -> bool:
    parents = [f"{one.__module__}.{one.__qualname__}" for one in made.__mro__[1:]]
    return FREQTRADE_STRATEGY in parents
