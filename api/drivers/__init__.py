"""Drivers over HTTP."""
