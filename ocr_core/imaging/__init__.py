"""Imaging: measurements and preprocessing of page images."""
