import { runService } from '@walking-buddy/service-kit'
import { compose } from './compose.ts'
import { loadGatewayConfig } from './config.ts'

await runService('gateway', loadGatewayConfig, compose)
