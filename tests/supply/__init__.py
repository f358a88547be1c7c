"""What the locked packages are, and whether one has a known fault."""
