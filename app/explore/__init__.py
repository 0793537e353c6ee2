"""Explore: what the corpus says, counted, with the scan beside every number."""
