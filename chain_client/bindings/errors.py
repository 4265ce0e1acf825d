"""What the ledger says when it reverts, and what can be wrong with an address that should be a ledger."""

from __future__ import annotations

from chain_client.domain.errors import Broken, DoorstepError


class ContractError(DoorstepError):
    """A contract reverted with a custom error: `name` and `args` as the contract gave them. Do not retry as is."""

    code = "contract-error"

    def __init__(self, name: str, args: dict[str, object]) -> None:
        self.name = name
        self.arguments = args
        super().__init__(f"the contract refuses: {name}")


class NoCode(Broken):
    """There is no contract at the ledger's address."""

    code = "no-code"


class WrongCode(Broken):
    """The contract at the ledger's address is not the ledger."""

    code = "wrong-code"


class LedgerGone(Broken):
    """The chain is not the one that the ledger was deployed on."""

    code = "ledger-gone"
