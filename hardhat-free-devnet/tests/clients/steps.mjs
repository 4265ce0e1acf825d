// What the scripts of this folder have in common. Each is run as `node SCRIPT HTTP-URL WEBSOCKET-URL` against a node.

export const [url, ws] = process.argv.slice(2)

export const word = (value) => `0x${BigInt(value).toString(16).padStart(64, '0')}`

// Stores its first argument in slot 0 and logs it as a topic, whatever function is called.
export const runtime = '0x6004358060005560006000a100'
export const bytecode = `0x600d80600b6000396000f3${runtime.slice(2)}`
export const abi = [
  { type: 'function', name: 'ping', inputs: [{ name: 'a', type: 'uint256' }], outputs: [], stateMutability: 'nonpayable' },
]

let failed = 0

/** Run one step and say how it went. */
export async function step(name, run) {
  try {
    await run()
    console.log(`ok    ${name}`)
  } catch (error) {
    failed += 1
    console.log(`FAILED ${name}: ${error.stack ?? error}`)
  }
}

/** Do `again` until `wanted` is there: a watcher may begin to listen later than it is asked to. */
export async function until(wanted, again) {
  let done = false
  const result = wanted.finally(() => {
    done = true
  })
  while (!done) {
    await again()
    await Promise.race([result, new Promise((resolve) => setTimeout(resolve, 100))])
  }
  return result
}

/** End the process: open sockets and timers would keep it. */
export function finish() {
  process.exit(failed ? 1 : 0)
}
