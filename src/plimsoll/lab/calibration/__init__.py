"""How often a gate opens without an edge, and how often with one: measured on made markets."""
