"""Models that are wrong too often."""

from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.risk.denial import active, known, recheck_at, unknown
from plimsoll.risk.profile import RiskProfile

RULE = "model_accuracy"


def model_accuracy(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Take no entries while a model is right less often than the profile asks.

    A model counts once it has made enough predictions; an accuracy exactly at the limit is
    enough.

    Returns
    -------
    REDUCING; ACTIVE otherwise, and for an account without models.
    """
    limit = profile.min_model_accuracy_fraction
    if account.models is None:
        return unknown(RULE, "models None", account, profile, limit=limit)
    for model in account.models:
        if model.predictions < profile.model_accuracy_predictions:
            continue
        accuracy = model.accuracy_fraction
        if not known(accuracy):
            missing = f"accuracy {accuracy} of {model.name}"
            return unknown(RULE, missing, account, profile, limit=limit)
        if accuracy < limit:
            reason = (
                f"model {model.name} was right in {accuracy:.1%} of {model.predictions} "
                f"predictions, limit {limit:.1%}"
            )
            until = recheck_at(account, profile)
            return Verdict(Mode.REDUCING, RULE, reason, until, value=accuracy, limit=limit)
    return active(RULE)
