"""Evaluation: how good readings are, against ground truth, each other and samples."""
