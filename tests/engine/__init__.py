"""A second engine: the trades of the shipped rules, from their formulas alone."""
