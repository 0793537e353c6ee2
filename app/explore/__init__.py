"""Explore: statistics of the corpus, with the scan for every number."""
