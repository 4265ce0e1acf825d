"""The tail of the record over HTTP."""
