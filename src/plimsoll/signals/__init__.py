"""Pure rules: from feature columns to masks, with the side as a value."""
