"""Reports for people: figures, tables and pages of what accounts did."""
