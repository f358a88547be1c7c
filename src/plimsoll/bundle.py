"""Where the shipped strategies, profiles and plugins lie, in a wheel and in a checkout."""

from pathlib import Path

from plimsoll.core.errors import PlimsollError

PACKAGE = Path(__file__).resolve().parent


def bundle_root() -> Path:
    """Return the folder that holds ``user_data`` and ``plugins``.

    Raises
    ------
    PlimsollError
        When neither the checkout nor the wheel's copy is there: a broken installation.
    """
    checkout, wheel = PACKAGE.parents[1], PACKAGE / "_bundle"
    # The wheel's copy first: above an installation may lie a user's folder with own plugins.
    for root in (wheel, checkout):
        if (root / "plugins" / "protections").is_dir():
            return root
    raise PlimsollError(
        f"expected plugins/protections under {checkout} or {wheel}, found neither; "
        "install freqtrade-plimsoll again"
    )


def plugin_folder(kind: str) -> Path:
    """Return the folder of the shipped plugins: ``protections`` or ``pairlists``."""
    return bundle_root() / "plugins" / kind


def user_data_folder(kind: str) -> Path:
    """Return a shipped ``user_data`` folder: strategies, config, freqaimodels or hyperopts."""
    return bundle_root() / "user_data" / kind
