"""Policies, and the reader that applies them to the index. A policy once published never changes; it gets a successor.

Front doors: `reader`; `policy1` is pure.
"""
