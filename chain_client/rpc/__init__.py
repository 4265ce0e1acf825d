"""The only place that speaks to a chain, and the only web3 wrapper.

`node.Node` is the door; `records` what it returns, `errors` what it raises. Node error text becomes a typed error once,
in `error_table`; which engine a node runs and when its blocks are final is decided once, in `engines`.
"""
