"""Read tokens over HTTP."""
