"""Where many pages are read: on this machine or on a cluster."""
