import { runService } from '@walking-buddy/service-kit'
import { compose } from './compose.ts'
import { loadConfig } from './config.ts'

await runService('matching', loadConfig, compose)
