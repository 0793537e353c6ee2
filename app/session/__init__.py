"""Session state of one browser tab: its project, images and running work."""
