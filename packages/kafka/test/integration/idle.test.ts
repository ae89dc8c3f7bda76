import { createRequire } from 'node:module'
import { engineUrls } from '@walking-buddy/testkit'
import { Kafka, logLevel } from 'kafkajs'
import { expect, test } from 'vitest'

/** The driver's queue of requests, one a connection. */
interface RequestQueue {
  pending: unknown[]
  throttledUntil: number
  throttleCheckTimeoutId: unknown
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
}
const queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as {
  prototype: RequestQueue
}

/** As kafkajs 2.2.4 has it, without our patch. */
function unpatched(this: RequestQueue): void {
  let scheduleAt = this.throttledUntil - Date.now()
  if (this.throttleCheckTimeoutId) return
  if (this.pending.length > 0) scheduleAt = scheduleAt > 0 ? scheduleAt : 10
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    Math.max(1, scheduleAt),
  )
}

/** Milliseconds of CPU in a second, for connections that have nothing to do. */
async function idleCost(connections: number): Promise<number> {
  const client = new Kafka({ brokers: engineUrls.kafka, clientId: 'idle', logLevel: logLevel.NOTHING })
  const admins = Array.from({ length: connections }, () => client.admin())
  await Promise.all(
    admins.map(async admin => {
      await admin.connect()
      await admin.describeCluster()
    }),
  )
  const before = process.cpuUsage()
  await new Promise(resolve => setTimeout(resolve, 2_000))
  const { user, system } = process.cpuUsage(before)
  await Promise.all(admins.map(admin => admin.disconnect()))
  return (user + system) / 2_000
}

test('an idle connection costs a small part of what it costs with the driver as published', async () => {
  const patched = await idleCost(10)
  const original = queue.prototype.scheduleCheckPendingRequests
  queue.prototype.scheduleCheckPendingRequests = unpatched
  const asPublished = await idleCost(10)
  queue.prototype.scheduleCheckPendingRequests = original
  console.log(
    `CPU of 10 idle connections: ${patched.toFixed(1)} ms/s, as published ${asPublished.toFixed(1)} ms/s`,
  )
  expect(patched).toBeLessThan(asPublished / 3)
})
