"""Evaluate: how good the readings are, in the app."""
