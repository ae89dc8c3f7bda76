import { startMeshUnderTest } from './support/mesh-under-test.ts'
const mesh = await startMeshUnderTest()
console.log(mesh.url, mesh.config.dataDir)
process.on('SIGINT', async () => { await mesh.stop(); process.exit(0) })
setInterval(()=>{},1000)
