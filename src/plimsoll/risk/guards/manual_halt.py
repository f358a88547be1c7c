"""A person's halt: flag file, config or command."""

from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.risk.denial import active
from plimsoll.risk.profile import RiskProfile

RULE = "manual_halt"


def manual_halt(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Halt when a person said so, with or without a word of explanation.

    Returns
    -------
    HALTED; ACTIVE otherwise.
    """
    said = account.manual_halt_reason
    if said is None:
        return active(RULE)
    return Verdict(Mode.HALTED, RULE, f"halted by hand: {said or 'no reason given'}")
