"""Corpus: the pages of a session or a person, listed, put right and read again."""
