"""What `verify` does: compute everything anew from the chain's events, and hold it against all who say they know it."""
