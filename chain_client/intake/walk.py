"""The way every call goes: recognise what was sent before, judge the rest in order, store what is taken.

Recognising comes before judging: an opening sent again is a duplicate, not 'exists'; a feedback sent again not a
'revision'. Within one call the items stand as if each had been a call of its own, in the list's order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from chain_client.domain.errors import Unavailable
from chain_client.domain.ids import Address, DeliveryId, Hash32, MemberNumber
from chain_client.domain.records import Item, Kind
from chain_client.domain.signatures import CompactSignature, recover
from chain_client.domain.words import DeliveryWord
from chain_client.intake.answers import Answer, Refusal, SignedReceipt
from chain_client.outbox.writer import Found, IntentKey, IntentState, Submitted


class SentTwiceAtOnce(Unavailable):
    """Another call stored the same item at this very moment; nothing of this call was stored. Call again."""

    code = "sent-twice-at-once"


@dataclass(slots=True)
class Asked:
    """An item of good form, with the key it is known by and the hash of all that its sender said."""

    delivery_id: DeliveryId
    key: bytes
    body_hash: Hash32

    @property
    def proof(self) -> CompactSignature | None:
        """The signature it came with, of a kind that anyone may bring."""
        return None

    def is_senders(self, proof: CompactSignature | None) -> bool:
        """Whether who sends this may be told of the earlier one: always, where keys are a member's own."""
        return True


@dataclass(slots=True)
class Signed(Asked):
    """An item that anyone may bring, known by its digest: `key` is what was signed."""

    signature: CompactSignature
    signer: Address | None  # None: nobody can have signed it so

    def is_holders(self, word: DeliveryWord | None) -> bool:
        """Return whether the signer holds the delivery's key; True for an unknown delivery, which has none.

        Check this before the ledger's rules: their answers tell the delivery's promise, state, drivers and revision,
        and whoever knows an id alone must not read those. The contract checks the signature last.
        """
        return word is None or self.signer == word.recipient_key

    @property
    def proof(self) -> CompactSignature | None:
        """See `Asked.proof`."""
        return self.signature

    def is_senders(self, proof: CompactSignature | None) -> bool:
        """Whether this was signed by who signed the earlier one: guessing what a recipient said must tell nothing."""
        if proof is None or proof == self.signature:
            return True
        return self.signer is not None and recover(Hash32(self.key), proof) == self.signer


A = TypeVar("A", bound=Asked)


@dataclass(frozen=True, slots=True)
class Taken(Generic[A]):
    """An item that is to be stored."""

    index: int
    asked: A
    item: Item


class Walk(Generic[A]):
    """One call's items on their way to answers."""

    def __init__(
        self,
        asked: Sequence[A | Refusal],
        found: Mapping[IntentKey, Found],
        owner: tuple[MemberNumber, Kind],
        conflict: Refusal,
    ) -> None:
        self.asked = asked
        self.taken: list[Taken[A]] = []
        self.duplicates: dict[int, A] = {}
        self._answers: list[Answer | None] = [None] * len(asked)
        self._same_as: dict[int, int] = {}
        self._found = found
        self._owner = owner
        self._conflict = Answer("refused", refusal=conflict)

    def unseen(self) -> list[A]:
        """Return the items that are not known from an earlier call: those to be judged."""
        return [one for one in self.asked if not isinstance(one, Refusal) and self._recognise(one) is None]

    def _recognise(self, one: A) -> Answer | None:
        found = self._found.get((*self._owner, one.key))
        if found is None:
            return None
        if not found.is_of_body(one.body_hash):
            return self._conflict
        if found.may_wait_again(one.proof):
            return None
        if found.state is not IntentState.SET_ASIDE and not one.is_senders(found.signature):
            return None  # judged like anything else that comes too late
        return Answer("duplicate", found.intent_id, one.delivery_id)

    def judge(self, judge: Callable[[A], Refusal | Item]) -> None:
        """Answer or take every item, in order; `judge` sees the unseen ones and keeps its own state ahead."""
        first: dict[bytes, Taken[A]] = {}
        for index, one in enumerate(self.asked):
            if isinstance(one, Refusal):
                self._answers[index] = Answer("refused", refusal=one)
                continue
            earlier = first.get(one.key)
            if earlier is not None and one.is_senders(earlier.asked.proof):
                if earlier.asked.body_hash == one.body_hash:
                    self._same_as[index] = earlier.index
                else:
                    self._answers[index] = self._conflict
                continue
            answer = self._recognise(one)
            if answer is None:
                outcome = judge(one)
                if isinstance(outcome, Refusal):
                    answer = Answer("refused", refusal=outcome)
                else:
                    first[one.key] = taken = Taken(index, one, outcome)
                    self.taken.append(taken)
                    continue
            elif answer.status == "duplicate":
                self.duplicates[index] = one
            self._answers[index] = answer

    def answer(self, index: int, answer: Answer) -> None:
        """Set the answer of a taken item, or a fuller one of a duplicate."""
        self._answers[index] = answer

    def add_receipt(self, index: int, receipt: SignedReceipt | None) -> None:
        """Let a duplicate's answer carry the receipt that stands."""
        answer = self._answers[index]
        assert answer is not None, "only a duplicate has an answer before it is stored"
        self._answers[index] = replace(answer, receipt=receipt)

    def answers(self) -> list[Answer]:
        """Return one answer per item, in order."""
        for index, earlier in self._same_as.items():
            one = self._answers[earlier]
            assert one is not None, "a taken item was not answered"
            self._answers[index] = Answer("duplicate", one.intent_id, one.delivery_id, one.link, one.receipt)
        done = [one for one in self._answers if one is not None]
        assert len(done) == len(self.asked), "an item was not answered"
        return done


def accepted_ids(submitted: Sequence[Submitted]) -> list[bytes]:
    """Return the intents' ids; raises SentTwiceAtOnce (retry) where one was not new after all."""
    if any(one.status != "accepted" for one in submitted):
        raise SentTwiceAtOnce("The same item was just stored by another call. Call again.")
    return [one.intent_id for one in submitted]
