"""Walk-forward: the search inside each window, and what was found traded on the days after it."""
