"""History over HTTP."""
