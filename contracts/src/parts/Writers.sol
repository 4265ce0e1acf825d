// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IWriters} from "../interfaces/IWriters.sol";
import {Owners} from "./Owners.sol";

/// @title Writers
abstract contract Writers is Owners, IWriters {
    /// @inheritdoc IWriters
    function allowWriter(address writer) external {
        uint16 number = _callersMember();
        _requireNeverServed(writer);
        _writerOffers[number][writer] = msg.sender;
        emit WriterOffered(number, writer, msg.sender);
    }

    /// @inheritdoc IWriters
    function acceptWriter(uint16 number) external {
        _requireNeverServed(msg.sender);
        if (!_isOffered(number, msg.sender)) revert NotOfferedToWrite(number, msg.sender);
        delete _writerOffers[number][msg.sender];
        _writers[msg.sender].member = number;
        emit WriterAllowed(number, msg.sender);
    }

    /// @inheritdoc IWriters
    function removeWriter(address writer) external {
        uint16 owned = _memberOfOwner[msg.sender];
        uint16 served = memberOf(writer);
        if (served != 0) {
            if (msg.sender != writer && owned != served) revert NotYourWriter(writer, served);
            _writers[writer].removed = true;
            emit WriterRemoved(served, writer, msg.sender);
        } else {
            // Not, or no longer, a writer: at most an offer, which its owner withdraws.
            if (!writerOffered(owned, writer)) revert UnknownWriter(writer);
            delete _writerOffers[owned][writer];
            emit WriterRemoved(owned, writer, msg.sender);
        }
    }

    /// @inheritdoc IWriters
    function memberOf(address writer) public view returns (uint16) {
        Writer storage entry = _writers[writer];
        return entry.removed ? 0 : entry.member;
    }

    /// @inheritdoc IWriters
    function writerOffered(uint16 number, address writer) public view returns (bool) {
        return _writers[writer].member == 0 && _isOffered(number, writer);
    }

    /// The caller's member, which holds at least one of the roles given.
    function _callerWith(uint8 anyOf) internal view returns (uint16 caller) {
        caller = memberOf(msg.sender);
        if (caller == 0) revert NotAWriter(msg.sender);
        if (_members[caller].roles & anyOf == 0) revert MissingRole(caller, anyOf);
    }

    /// Whether an address holds an offer of a member's present owner.
    function _isOffered(uint16 number, address writer) private view returns (bool) {
        address owner = _members[number].owner;
        return owner != address(0) && _writerOffers[number][writer] == owner;
    }

    function _requireNeverServed(address writer) private view {
        uint16 served = _writers[writer].member;
        if (served != 0) revert WriterTaken(writer, served);
    }
}
