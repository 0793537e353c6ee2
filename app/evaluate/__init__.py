"""Evaluate: measure the quality of recognized text in the app."""
