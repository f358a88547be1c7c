"""Strategies that know nothing of Plimsoll, with its guards around them and without."""
