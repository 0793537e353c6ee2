"""Text: cleaning, quality and differences, as pure functions of words."""
