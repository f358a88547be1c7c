"""Models of FreqAI against rules on real data, walk-forward: ``make model-results``."""
