"""The only reader of history: entries, deliveries, stops and daily counts, rebuilt at any time from the chain alone.

Front doors: `reader` for everyone who asks, `follower` for the worker, `rebuild`; `fold` and `replay` are pure.
"""
