"""What a check says: which object fell short of which contract, and how."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

Tried = TypeVar("Tried")
Contract = Callable[[Tried], str | None]
"""A function of what is tried: ``None`` when the contract is kept, else what fell short."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One contract that one object does not keep.

    Attributes
    ----------
    subject
        The object, such as ``feature range_fraction_20``.
    contract
        The contract, as a sentence.
    text
        What was expected and what was found.
    """

    subject: str
    contract: str
    text: str

    def __str__(self) -> str:
        """The whole finding in one line."""
        return f"{self.subject}: {self.contract}: {self.text}"


def title(contract: Callable[..., object]) -> str:
    """Return a contract's name as a sentence."""
    return getattr(contract, "__name__", repr(contract)).replace("_", " ")


def broken(subject: str, contracts: Iterable[Contract[Tried]], tried: Tried) -> list[Finding]:
    """Try every contract; return a finding for each that is not kept.

    An exception is a finding as well: what raises is not known to keep its contract.
    """
    findings = []
    for contract in contracts:
        try:
            text = contract(tried)
        except Exception as error:  # noqa: BLE001 - whatever is raised, the contract is not kept
            text = f"expected an answer; found {described(error)}"
        if text is not None:
            findings.append(Finding(subject, title(contract), text))
    return findings


def described(error: BaseException) -> str:
    """Return an exception in one line: its type, and the first line of what it says."""
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
