"""Status over HTTP."""
