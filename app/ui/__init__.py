"""User interface parts that several screens share."""
