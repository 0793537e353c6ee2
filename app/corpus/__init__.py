"""Corpus: the pages of a session or a person, listed, corrected and read again."""
