/** How to ask a node of one's own for a record head: `eth_call` of the contract's views. Pure. */

import { keccak } from '../../core/digests.ts';
import type { Hex } from '../../core/hex.ts';
import type { Owner } from './heads.ts';

/** Where a node of one's own usually answers: the address that printed commands begin with. */
export const NODE = 'http://127.0.0.1:8545';

const VIEWS = { driver: 'driverHead(uint32)', carrier: 'carrierHead(uint16)' } as const;

/** Returns the contract's view that gives a head, as Solidity spells it. */
export function viewOf(of: Owner): string {
  return VIEWS[of.kind];
}

/** Returns the calldata: the view's selector and its argument as a word. */
export function callData(of: Owner): Hex {
  const selector = keccak(new TextEncoder().encode(viewOf(of))).slice(0, 10);
  return `${selector}${of.number.toString(16).padStart(64, '0')}` as Hex;
}

/** Returns the command that asks the node at `url` for the head, as it stood after `block` (null: now). */
export function askNode(of: Owner, ledger: string, url: string, block: number | null): string {
  const call = { to: ledger, data: callData(of) };
  const at = block === null ? 'latest' : `0x${block.toString(16)}`;
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params: [call, at] });
  return `curl -s ${url} -H 'content-type: application/json' -d '${body}'`;
}

/** Returns the head in what somebody pasted: the node's whole answer, or the 32 bytes alone; null where there is none. */
export function pastedHead(text: string): Hex | null {
  const found = text.match(/0x[0-9a-fA-F]{64}(?![0-9a-fA-F])/g) ?? [];
  return found.length === 1 ? ((found[0] as string).toLowerCase() as Hex) : null;
}
