import { mkdtempSync } from 'node:fs'
import { loadConfig } from '@walking-buddy/mesh/config'
import { startConstellation } from '@walking-buddy/mesh/constellation'
import { register, connect } from './support/client.ts'
const dataDir = mkdtempSync('/tmp/wbs-')
const name = `s${Date.now()}_`
const c = await startConstellation({ config: { ...loadConfig({}), dataDir, servicesPort: 23000, gatewayPort: 23090, databasePrefix: name, topicPrefix: name.replace('_', '.') }, engines: { postgres: process.env.POSTGRES_URL!, redis: process.env.REDIS_URL!, kafka: process.env.KAFKA_BROKERS!, mongo: process.env.MONGO_URL! }, limitScale: 1000, onRestart: n => n !== 'matching' && console.log('restart', n) })
console.log(dataDir)
await new Promise(r => setTimeout(r, 9000))
try {
  const p = await register(c.url)
  console.log(await p.call('PUT', '/api/users/preferences', { isLocationEnabled: true }).then(a => [a.status, a.text]))
  console.log(await p.call('PUT', '/api/users/location', { lat: 40, lng: -30 }).then(a => [a.status, a.text]))
  console.log(await p.call('PUT', '/api/users/availability', { available: true }).then(a => [a.status, a.text]))
  console.log(await p.call('GET', '/api/users/availability').then(a => [a.status, a.text]))
  console.log(await p.call('GET', '/api/walks').then(a => [a.status, a.text]))
  const s = await p.socket()
  console.log(s.ready, await s.emit('location:update', { lat: 40.0001, lng: -30 }), await s.emit('presence:offline'))
  s.close()
} catch (e) { console.log(e) }
await c.stop(); process.exit(0)
