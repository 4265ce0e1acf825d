/** The tests' own ground: a network that works, and a watch that sees. */

import { expect, test } from './support/stack.ts';

test('deliveries are opened, reported, rated and taken over over the real API', async ({ stack }) => {
  const delivery = await stack.delivered();
  await stack.feedback(delivery, { driver: delivery.driver, overall: 2, issues: 1, comment: 'late' });
  const seed = await stack.takeOver(delivery);
  await stack.feedback(delivery, { driver: delivery.driver, overall: 3, revision: 2 }, seed);
  const seen = await stack.delivery(delivery);
  expect(seen).toMatchObject({
    outcome: 'delivered',
    revision: 2,
    taken_over: true,
    driver: delivery.driver,
  });
});

test('a key can be made and revoked while all runs', async ({ stack }) => {
  const key = await stack.newKey(stack.carrier);
  const asNew = stack.as({ ...stack.carrier, key });
  await asNew.get('/v1/deliveries');
  await stack.revoke(key);
  await expect(asNew.get('/v1/deliveries')).rejects.toMatchObject({ status: 401 });
});
