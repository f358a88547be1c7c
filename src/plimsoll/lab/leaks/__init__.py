"""Run a strategy on markets that differ from a moment on, and look for what it knew before."""
