"""The bases of protections, pairlists and hyperopt losses."""
