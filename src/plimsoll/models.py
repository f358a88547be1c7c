"""What the author of a FreqAI model imports. Freqtrade's own FreqAI comes with it."""

from plimsoll.bridge.freqai.purged_classifier import PurgedClassifier

__all__ = ["PurgedClassifier"]
