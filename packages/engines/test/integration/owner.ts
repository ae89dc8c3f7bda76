/** Starts engines as `npm start` would, in a process of its own: tests kill it. Arguments: directory, ports. */
import { type EnginePorts, startEngines } from '../../src/index.ts'

const [dataDir, ports] = process.argv.slice(2) as [string, string]
const engines = await startEngines({
  dataDir,
  ports: JSON.parse(ports) as EnginePorts,
})
process.once('SIGTERM', () => void engines.stop().then(() => process.exit(0)))
console.log('started')
setInterval(() => {}, 60_000)
