"""Keccak-256, as the EVM computes it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from Crypto.Hash import keccak
from Crypto.Util import _raw_api as _untyped_api


def _plain(data: bytes) -> bytes:
    return keccak.new(data=data, digest_bits=256).digest()


def _reused() -> Callable[[bytes], bytes]:
    """Return Keccak-256 over one state a thread: most of the time of a short hash goes into making its object.

    Stands on pycryptodome's own functions below its public ones, so it must prove itself on a known vector first.
    """
    # pycryptodome types only its public names.
    module: Any = keccak
    api: Any = _untyped_api
    library = module._raw_keccak_lib
    reset, absorb, squeeze = library.keccak_reset, library.keccak_absorb, library.keccak_digest

    class Sponge(threading.local):
        """A state and a buffer of the thread's own: the calls let other threads run."""

        def __init__(self) -> None:
            pointer = api.VoidPointer()
            if library.keccak_init(pointer.address_of(), api.c_size_t(64), api.c_ubyte(24)):
                raise MemoryError("no Keccak state")
            self.owner = api.SmartPointer(pointer.get(), library.keccak_destroy)
            self.state = self.owner.get()
            self.buffer = api.create_string_buffer(32)

    sponge = Sponge()

    def hashed(data: bytes) -> bytes:
        state, buffer = sponge.state, sponge.buffer
        if reset(state) or absorb(state, bytes(data), len(data)) or squeeze(state, buffer, 32, 1):
            raise MemoryError("Keccak failed")
        return bytes(buffer)

    return hashed


def _best() -> Callable[[bytes], bytes]:
    try:
        made = _reused()
        proved = all(made(data) == _plain(data) for data in (b"", b"doorstep", bytes(range(256)) * 3, b""))
    except (AttributeError, TypeError, ValueError):
        return _plain
    return made if proved else _plain


_keccak256 = _best()


def keccak256(data: bytes) -> bytes:
    """Return the 32-byte Keccak-256 of `data` (the EVM's, not NIST's SHA3-256)."""
    return _keccak256(data)
