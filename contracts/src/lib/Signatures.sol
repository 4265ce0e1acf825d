// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ILedger} from "../interfaces/ILedger.sol";

/// @title Signature checks
/// @notice Plain ECDSA for keys, ERC-1271 for wallets; never one in place of the other.
library Signatures {
    /// Half the order of secp256k1: a signature with s above it has a twin below and is refused (EIP-2).
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// What a wallet's check is granted, neither more nor less.
    uint256 private constant WALLET_GAS = 200_000;
    /// What must be left before the call: EIP-150 withholds one part in 64, and reaching a cold account, or through
    /// EIP-7702 two, costs up to 5,200. Rounded up.
    uint256 private constant WALLET_FLOOR = 209_000;

    /// Who signed a digest, zero where nobody can have: s high, or no such point. EIP-2098 form.
    function signer(bytes32 digest, bytes32 r, bytes32 vs) internal view returns (address recovered) {
        uint256 s = uint256(vs) & type(uint256).max >> 1;
        if (s > HALF_ORDER) return address(0);
        uint256 v = (uint256(vs) >> 255) + 27;
        // The precompile called by hand, with memory beyond the free pointer for input and the scratch space for
        // output: it returns nothing where there is no such point.
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, digest)
            mstore(add(at, 0x20), v)
            mstore(add(at, 0x40), r)
            mstore(add(at, 0x60), s)
            mstore(0, 0)
            pop(staticcall(gas(), 1, at, 0x80, 0, 0x20))
            recovered := mload(0)
        }
    }

    /// Whether a key signed a digest; 65 bytes (r, s, v: 27 or 28) or 64 (EIP-2098). No key signs for zero.
    function isSignedBy(address key, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        bytes32 r;
        bytes32 vs;
        if (signature.length == 65) {
            uint256 v = uint8(signature[64]);
            vs = bytes32(signature[32:64]);
            if (v < 27 || v > 28 || uint256(vs) >> 255 != 0) return false;
            vs |= bytes32((v - 27) << 255);
        } else if (signature.length == 64) {
            vs = bytes32(signature[32:64]);
        } else {
            return false;
        }
        r = bytes32(signature[0:32]);
        return key != address(0) && signer(digest, r, vs) == key;
    }

    /// Whether a wallet accepts a signature over a digest (ERC-1271). The wallet gets exactly `WALLET_GAS`, cannot
    /// change state, and only the first word of its answer is read. Reverts where that much cannot be granted.
    function isAcceptedBy(address wallet, bytes32 digest, bytes calldata signature)
        internal
        view
        returns (bool accepted)
    {
        bytes4 magic = IERC1271.isValidSignature.selector;
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        uint256 left = gasleft();
        if (left < WALLET_FLOOR) revert ILedger.TooLittleGas(left, WALLET_FLOOR);
        assembly ("memory-safe") {
            accepted := staticcall(WALLET_GAS, wallet, add(question, 0x20), mload(question), 0, 0x20)
            accepted := and(accepted, and(gt(returndatasize(), 0x1f), eq(mload(0), magic)))
        }
    }
}
