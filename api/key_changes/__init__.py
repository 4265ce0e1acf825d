"""Key changes over HTTP."""
