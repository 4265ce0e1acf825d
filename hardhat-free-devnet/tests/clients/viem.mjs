// What an application does with viem: deploy and use at once, filters, subscriptions, overrides, traces, driving.

import assert from 'node:assert/strict'
import {
  createPublicClient, createTestClient, createWalletClient, defineChain, encodeFunctionData, getContractAddress, http,
  keccak256, toHex, webSocket,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { abi, bytecode, finish, runtime, step, until, url, word, ws } from './steps.mjs'

const chain = defineChain({
  id: 20260,
  name: 'devnet',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [url], webSocket: [ws] } },
})
const account = privateKeyToAccount(keccak256(toHex('viem')))
const client = createPublicClient({ chain, transport: http(url), pollingInterval: 50 })
const wallet = createWalletClient({ chain, account, transport: http(url) })
const driver = createTestClient({ chain, mode: 'anvil', transport: http(url) })
const socket = createPublicClient({ chain, transport: webSocket(ws) })
const free = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n }
const ping = (value) => encodeFunctionData({ abi, functionName: 'ping', args: [value] })
const mined = async (hash) => {
  const receipt = await client.waitForTransactionReceipt({ hash })
  assert.equal(receipt.status, 'success')
  return receipt
}
let address

await step('deploy', async () => {
  assert.equal(await client.getChainId(), 20260)
  address = (await mined(await wallet.deployContract({ abi, bytecode, ...free }))).contractAddress
  assert.equal(await client.getCode({ address }), runtime)
})

await step('deploy and use at once', async () => {
  const nonce = await client.getTransactionCount({ address: account.address, blockTag: 'pending' })
  await wallet.deployContract({ abi, bytecode, nonce, ...free })
  const to = getContractAddress({ from: account.address, nonce: BigInt(nonce) })
  await mined(await wallet.sendTransaction({ to, data: ping(5n), nonce: nonce + 1, ...free }))
  assert.equal(await client.getStorageAt({ address: to, slot: word(0) }), word(5))
})

await step('blocks by every tag', async () => {
  for (const blockTag of ['latest', 'pending', 'finalized', 'safe', 'earliest']) {
    const block = await client.getBlock({ blockTag, includeTransactions: true })
    assert.equal(typeof block.number, 'bigint', blockTag)
  }
})

await step('filters', async () => {
  const blocks = await client.createBlockFilter()
  const events = await client.createEventFilter({ address, fromBlock: 0n })
  const pending = await client.createPendingTransactionFilter()
  const { transactionHash } = await mined(await wallet.sendTransaction({ to: address, data: ping(6n), ...free }))
  assert.equal((await client.getFilterChanges({ filter: blocks })).length, 1)
  assert.deepEqual(await client.getFilterChanges({ filter: pending }), [transactionHash])
  assert.equal((await client.getFilterChanges({ filter: events })).length, 1)
  assert.equal((await client.getFilterLogs({ filter: events })).at(-1).topics[0], word(6))
  assert.equal(await client.uninstallFilter({ filter: events }), true)
})

const mine = () => driver.mine({ blocks: 1 })
const watching = (watch) =>
  new Promise((resolve, reject) => {
    const stop = watch((value) => {
      stop()
      resolve(value)
    }, reject)
  })

await step('watching by polling', () =>
  until(watching((onBlockNumber, onError) => client.watchBlockNumber({ onBlockNumber, onError })), mine))

await step('subscriptions', async () => {
  const send = () => wallet.sendTransaction({ to: address, data: ping(7n), ...free }).then(mined)
  await until(watching((onBlock, onError) => socket.watchBlocks({ onBlock, onError })), mine)
  await until(watching((onTransactions, onError) => socket.watchPendingTransactions({ onTransactions, onError })), send)
  const [log] = await until(watching((onLogs, onError) => socket.watchEvent({ address, onLogs, onError })), send)
  assert.equal(log.topics[0], word(7))
})

await step('overrides', async () => {
  const stateOverride = [
    { address, code: '0x600154600052426020 5260406000f3'.replace(' ', ''), stateDiff: [{ slot: word(1), value: word(42) }] },
  ]
  const { data } = await client.call({ to: address, stateOverride, blockOverrides: { time: 77n } })
  assert.equal(data, word(42) + word(77).slice(2))
})

await step('access list, proof, fees', async () => {
  const { accessList } = await client.createAccessList({ to: address, data: ping(9n) })
  assert.deepEqual(accessList, [{ address: address.toLowerCase(), storageKeys: [word(0)] }])
  assert.equal((await client.getProof({ address, storageKeys: [word(0)] })).storageProof[0].value, 7n)
  await client.estimateFeesPerGas()
  await client.getFeeHistory({ blockCount: 2, rewardPercentiles: [50] })
})

await step('traces', async () => {
  const receipt = await mined(await wallet.sendTransaction({ to: address, data: ping(8n), ...free }))
  const trace = (config) => client.request({ method: 'debug_traceTransaction', params: [receipt.transactionHash, config] })
  const frame = await trace({ tracer: 'callTracer', tracerConfig: { withLog: true } })
  assert.equal(BigInt(frame.gasUsed), receipt.gasUsed)
  assert.equal(frame.logs[0].topics[0], word(8))
  assert.equal((await trace({})).structLogs.at(-1).op, 'STOP')
})

await step('driving', async () => {
  const id = await driver.snapshot()
  await driver.increaseTime({ seconds: 100 })
  await driver.mine({ blocks: 3, interval: 60 })
  await driver.setNextBlockTimestamp({ timestamp: 4_000_000_000n })
  await mine()
  assert.equal((await client.getBlock()).timestamp, 4_000_000_000n)
  await driver.getTxpoolStatus()
  await driver.getTxpoolContent()
  await driver.revert({ id })
  assert.notEqual((await client.getBlock()).timestamp, 4_000_000_000n)
})

finish()
