"""A process of its own: print the seconds of its first table of features and of two later ones."""

import json
import sys

from plimsoll import features
from tests.bench.features import wall_seconds
from tests.conftest import random_candles


def main() -> None:
    """Compute every feature that candles alone allow; the first argument is how many candles."""
    candles = random_candles(int(sys.argv[1]))
    uses = [features.get(name).use_with_defaults() for name in features.names()]
    ready = [use for use in uses if not features.missing_columns(use, candles)]
    print(json.dumps(wall_seconds(lambda: features.table(candles, ready), repeats=3)))


if __name__ == "__main__":
    main()
