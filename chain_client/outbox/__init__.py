"""From intents to the chain: what members and recipients asked for, batched, signed, sent once and settled.

Front doors: `writer` (intents and receipts in, for `intake`), `reader` (what became of them), `worker` (the lanes that
send), `signer` (keys: nothing else in the product holds one).
"""
