"""What one browser tab has: its project, pictures and running work."""
