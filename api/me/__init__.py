"""Who a key belongs to, over HTTP."""
