"""Evaluation: error rates, comparisons, audits and tuning of OCR results."""
