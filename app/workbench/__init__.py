"""The parts of the Workbench, where settings are tried on a page."""
