"""Erasure over HTTP."""
