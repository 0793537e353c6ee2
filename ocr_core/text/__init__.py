"""Pure functions of words and text."""
