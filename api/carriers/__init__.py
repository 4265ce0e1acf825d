"""Carriers and shippers over HTTP."""
