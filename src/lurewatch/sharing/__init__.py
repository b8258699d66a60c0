"""Give confirmed findings to others: as STIX, as MISP, to the police, and as keyed hashes to an alliance."""
