// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title A wallet for tests: answers ERC-1271 as it is told to
contract TestWallet {
    enum Mood {
        HONEST,
        YES,
        NO,
        REVERTS,
        BURNS,
        SPENDS,
        SHORT,
        DIRTY,
        BOMB,
        WRITES
    }

    /// The one whose 65-byte signatures count while HONEST.
    address public immutable OWNER;
    Mood public mood;
    uint256 public asked;

    constructor(address owner_) {
        OWNER = owner_;
    }

    function setMood(Mood mood_) external {
        mood = mood_;
    }

    /// ERC-1271, except that it is not bound to leave the state alone.
    function isValidSignature(bytes32 digest, bytes calldata signature) external returns (bytes4) {
        bytes4 magic = IERC1271.isValidSignature.selector;
        if (mood == Mood.HONEST) return ECDSA.recover(digest, signature) == OWNER ? magic : bytes4(0xffffffff);
        if (mood == Mood.YES) return magic;
        if (mood == Mood.NO) return bytes4(0xffffffff);
        if (mood == Mood.REVERTS) revert("no");
        if (mood == Mood.BURNS) {
            // Spends whatever it was granted.
            while (true) {}
        }
        if (mood == Mood.SPENDS) {
            // A costly but honest check: yes after about 190,000 gas.
            uint256 before = gasleft();
            while (before - gasleft() < 190_000) {}
            return magic;
        }
        assembly {
            switch sload(0)
            case 6 {
                // SHORT: four bytes where a word is due.
                mstore(0, magic)
                return(0, 4)
            }
            case 7 {
                // DIRTY: the magic value and more.
                mstore(0, or(magic, 1))
                return(0, 32)
            }
            case 8 {
                // BOMB: a long answer that begins with the magic value.
                mstore(0, magic)
                return(0, 50000)
            }
            default {
                // WRITES: a static call must not let it.
                sstore(1, add(sload(1), 1))
                mstore(0, magic)
                return(0, 32)
            }
        }
    }
}
