"""Pixels in, pixels out: what prepares a page for reading."""
