"""Processes: calls in worker processes of this machine, under limits."""
