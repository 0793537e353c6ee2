"""Execution: reads many pages, on this machine or on a cluster."""
