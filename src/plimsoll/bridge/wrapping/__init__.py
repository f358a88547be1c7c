"""The guards around a strategy: hooks on its own class, in place, so that nothing of it is lost."""
