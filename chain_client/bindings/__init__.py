"""The deployed contracts as typed Python: calldata, events, errors, slots, and one ledger to read.

Doors: `ledger.Ledger` (reads, events), `calls.encode_batch`, `events.decode_log`, `errors.read_revert`,
`admin` (deploying and registering), `signer` (what a key must do), `slots` (where a word or head is stored).
The ABI, the code and the slots come from the committed artefacts in `artifacts/`, never from a compiler.
"""
