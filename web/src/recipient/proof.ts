/** What a recipient keeps to show that the service promised to record their feedback. Pure. */

import type { Outgoing } from '../device/records.ts';
import type { Snapshot } from './flow.ts';

/** Returns the promise and everything it is about as JSON: signed feedback, domain, receipt. No text, no secret. */
export function proofOf(outgoing: Outgoing, seen: Snapshot): string {
  const { content: _text, salt: _salt, ...feedback } = outgoing.feedback;
  return JSON.stringify(
    {
      about: 'The relay signed Receipt(bytes32 feedbackDigest,uint32 recordBy) in this EIP-712 domain.',
      domain: seen.ledger?.domain,
      genesis_hash: seen.ledger?.genesis_hash,
      feedback,
      feedback_digest: outgoing.digest,
      receipt: outgoing.receipt,
    },
    null,
    2,
  );
}
