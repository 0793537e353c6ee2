"""Projects: documents, corpus, recipe and current page, saved automatically."""
