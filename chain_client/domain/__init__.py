"""The pure core: ids, records, digests, words, heads and the ledger's rules. No I/O, no clock, no environment."""
