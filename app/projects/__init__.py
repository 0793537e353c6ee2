"""Projects: documents, corpus, recipe and place, saved by themselves from the start."""
