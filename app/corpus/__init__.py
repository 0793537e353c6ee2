"""Corpus: list, correct and recognize again the pages of a project."""
