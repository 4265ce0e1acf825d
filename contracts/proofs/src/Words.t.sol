// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DeliveryWord, openedWord} from "../../src/lib/DeliveryWord.sol";
import {DriverWord, registeredWord} from "../../src/lib/DriverWord.sol";

// tests/vectors/transitions.json: a byte for each outcome, 1 first, with the last outcomes it may follow, one bit each, bit 0
// for a delivery just opened.
uint256 constant TRANSITIONS = 0x07_07_67_4f_4f_07_41;

/// @title What holds of the packed slots, for every value there is
/// @notice halmos runs each `check_` function on symbolic arguments, over the compiled code, and finds any for which an
/// assertion fails. `make prove` runs it.
contract DeliveryWordProofs {
    function check_packing_and_unpacking_are_inverse(uint256 raw) external pure {
        DeliveryWord word = DeliveryWord.wrap(raw);
        uint256 again = uint256(uint160(word.recipientKey())) | uint256(word.driver()) << 160
            | uint256(word.promisedBy()) << 192 | uint256(word.carrier()) << 224 | uint256(word.state()) << 240
            | uint256(word.revision()) << 248;
        assert(again == raw);
    }

    function check_opening_holds_what_it_was_given(address key, uint16 carrier, uint32 promisedBy) external pure {
        DeliveryWord word = openedWord(key, carrier, promisedBy);
        assert(word.recipientKey() == key);
        assert(word.carrier() == carrier);
        assert(word.promisedBy() == promisedBy);
        assert(word.driver() == 0);
        assert(word.state() == 1);
        assert(word.revision() == 0);
    }

    function check_a_report_touches_driver_and_state_alone(uint256 raw, uint32 driver, uint8 outcome) external pure {
        DeliveryWord word = DeliveryWord.wrap(raw);
        if (!_isReportable(word, driver, outcome)) return;
        DeliveryWord next = word.afterReport(driver, outcome);
        assert(next.recipientKey() == word.recipientKey());
        assert(next.promisedBy() == word.promisedBy());
        assert(next.carrier() == word.carrier());
        assert(next.revision() == word.revision());
        assert(next.isTaken() == word.isTaken());
    }

    function check_a_report_leaves_its_outcome(uint256 raw, uint32 driver, uint8 outcome) external pure {
        DeliveryWord word = DeliveryWord.wrap(raw);
        if (!_isReportable(word, driver, outcome)) return;
        DeliveryWord next = word.afterReport(driver, outcome);
        assert(next.state() & 0x0f == outcome + 1);
        assert(next.isRateable() == (word.isRateable() || outcome > 1));
    }

    function check_a_report_names_and_counts_drivers(uint256 raw, uint32 driver, uint8 outcome) external pure {
        DeliveryWord word = DeliveryWord.wrap(raw);
        if (!_isReportable(word, driver, outcome)) return;
        DeliveryWord next = word.afterReport(driver, outcome);
        assert(next.driver() == (driver == 0 ? word.driver() : driver));
        bool replaced = driver != 0 && word.driver() != 0 && driver != word.driver();
        assert(next.replacements() == word.replacements() + (replaced ? 1 : 0));
    }

    function check_feedback_touches_the_revision_alone(uint256 raw) external pure {
        DeliveryWord word = DeliveryWord.wrap(raw);
        if (word.revision() == type(uint8).max) return;
        DeliveryWord next = word.afterFeedback();
        assert(next.revision() == word.revision() + 1);
        assert(DeliveryWord.unwrap(next) << 8 == raw << 8);
    }

    function check_a_key_change_touches_key_and_taken_alone(uint256 raw, address key) external pure {
        DeliveryWord word = DeliveryWord.wrap(raw);
        DeliveryWord next = word.afterKeyChange(key);
        assert(next.recipientKey() == key);
        assert(next.isTaken());
        uint256 others = ~(uint256(type(uint160).max) | uint256(0x40) << 240);
        assert(DeliveryWord.unwrap(next) & others == raw & others);
    }

    function check_a_delivery_once_written_never_looks_unknown(uint256 raw, uint32 driver, uint8 outcome, address key)
        external
        pure
    {
        DeliveryWord word = DeliveryWord.wrap(raw);
        if (!_isReachable(word) || !_isReportable(word, driver, outcome)) return;
        assert(word.exists());
        assert(word.afterReport(driver, outcome).exists());
        assert(word.afterKeyChange(key).exists());
    }

    /// Every pair of a delivery's state and an outcome is allowed or not as the vectors say.
    function check_transitions(uint256 raw, uint8 outcome) external pure {
        DeliveryWord word = DeliveryWord.wrap(raw);
        if (!_isReachable(word) || outcome == 0 || outcome > 7) return;
        uint256 last = (word.state() & 0x0f) - 1;
        uint256 mayFollow = (TRANSITIONS >> (8 * (7 - uint256(outcome)))) & 0xff;
        assert(word.admits(outcome) == ((mayFollow >> last) & 1 != 0));
    }

    /// Openings are reachable, and no update leads from what is reachable to what is not.
    function check_only_reachable_states_are_reached(uint256 raw, uint32 driver, uint8 outcome, address key)
        external
        pure
    {
        assert(_isReachable(openedWord(key, uint16(raw), uint32(raw))));
        DeliveryWord word = DeliveryWord.wrap(raw);
        if (!_isReachable(word)) return;
        assert(_isReachable(word.afterKeyChange(key)));
        if (_isReportable(word, driver, outcome)) assert(_isReachable(word.afterReport(driver, outcome)));
        if (word.revision() != type(uint8).max) assert(_isReachable(word.afterFeedback()));
    }

    function _isReportable(DeliveryWord word, uint32 driver, uint8 outcome) private pure returns (bool) {
        return outcome > 0 && outcome < 8 && !(word.replaces(driver) && word.replacements() == 3);
    }

    /// The low four bits of the state are the last outcome plus 1, at most 8.
    function _isReachable(DeliveryWord word) private pure returns (bool) {
        uint256 last = word.state() & 0x0f;
        return last > 0 && last <= 8;
    }
}

contract DriverWordProofs {
    function check_packing_and_unpacking_are_inverse(uint256 raw) external pure {
        DriverWord word = DriverWord.wrap(raw);
        uint256 again = uint256(uint160(word.key())) | uint256(word.carrier()) << 160 | uint256(word.nonce()) << 176;
        assert(again == raw & (1 << 208) - 1);
    }

    function check_registering_holds_what_it_was_given(uint16 carrier) external pure {
        DriverWord word = registeredWord(carrier);
        assert(word.carrier() == carrier);
        assert(word.key() == address(0));
        assert(word.nonce() == 0);
    }

    function check_a_key_touches_key_and_nonce_alone(uint256 raw, address key) external pure {
        DriverWord word = DriverWord.wrap(raw);
        if (word.nonce() == type(uint32).max || raw >> 208 != 0) return;
        DriverWord next = word.withKey(key);
        assert(next.key() == key);
        assert(next.carrier() == word.carrier());
        assert(next.nonce() == word.nonce() + 1);
        assert(DriverWord.unwrap(next) >> 208 == 0);
    }

    function check_a_move_touches_carrier_and_nonce_alone(uint256 raw, uint16 to) external pure {
        DriverWord word = DriverWord.wrap(raw);
        if (word.nonce() == type(uint32).max || raw >> 208 != 0) return;
        DriverWord next = word.movedTo(to);
        assert(next.key() == word.key());
        assert(next.carrier() == to);
        assert(next.nonce() == word.nonce() + 1);
        assert(DriverWord.unwrap(next) >> 208 == 0);
    }
}
