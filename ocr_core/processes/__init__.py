"""Calls run in worker processes of this machine, under limits."""
