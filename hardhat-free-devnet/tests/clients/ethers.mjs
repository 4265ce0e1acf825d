// What an application does with ethers: deploy and use at once, events by polling, by filters and by WebSocket.

import assert from 'node:assert/strict'
import { ContractFactory, JsonRpcProvider, NonceManager, Wallet, WebSocketProvider, id } from 'ethers'
import { abi, bytecode, finish, runtime, step, until, url, word, ws } from './steps.mjs'

// ethers gives the same answer for 250 ms unless told otherwise, which is long on a chain that mines at once.
const options = { cacheTimeout: -1, pollingInterval: 50 }
const provider = new JsonRpcProvider(url, undefined, options)
const socket = new WebSocketProvider(ws)
const wallet = new Wallet(id('ethers'), provider)
const free = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n }
let contract

await step('deploy', async () => {
  contract = await new ContractFactory(abi, bytecode, wallet).deploy(free)
  await contract.waitForDeployment()
  assert.equal(await provider.getCode(await contract.getAddress()), runtime)
})

await step('deploy and use at once', async () => {
  const fresh = await new ContractFactory(abi, bytecode, wallet).deploy(free)
  const sent = await fresh.ping(5, free)
  assert.equal((await sent.wait()).status, 1)
  assert.equal(await provider.getStorage(await fresh.getAddress(), 0), word(5))
})

await step('blocks by every tag', async () => {
  for (const tag of ['latest', 'pending', 'safe', 'finalized', 'earliest', 0]) {
    assert.ok((await provider.getBlock(tag, true)).prefetchedTransactions, String(tag))
  }
})

await step('transactions and logs', async () => {
  const receipt = await (await contract.ping(7, free)).wait()
  assert.equal((await provider.getTransaction(receipt.hash)).blockNumber, receipt.blockNumber)
  const logs = await provider.getLogs({ fromBlock: 0, address: await contract.getAddress(), topics: [word(7)] })
  assert.equal(logs.length, 1)
})

async function receivesEvents(listener, value) {
  const wanted = { address: await contract.getAddress(), topics: [word(value)] }
  const events = [wanted, 'block', 'pending'].map((event) => new Promise((resolve) => listener.once(event, resolve)))
  const [log] = await until(Promise.all(events), async () => (await contract.ping(value, free)).wait())
  assert.equal(log.topics[0], word(value))
}

await step('events by polling', () => receivesEvents(provider, 10))
await step('events by filters', () => receivesEvents(new JsonRpcProvider(url, undefined, { ...options, polling: false }), 11))
await step('events by WebSocket', () => receivesEvents(socket, 12))

await step('a reverting call', async () => {
  await assert.rejects(provider.call({ data: '0x60006000fd' }), { code: 'CALL_EXCEPTION' })
})

await step('many at once', async () => {
  const many = new NonceManager(wallet)
  const sent = await Promise.all(Array.from({ length: 20 }, () => many.sendTransaction({ to: wallet.address, ...free })))
  for (const one of sent) assert.equal((await one.wait()).status, 1)
})

finish()
