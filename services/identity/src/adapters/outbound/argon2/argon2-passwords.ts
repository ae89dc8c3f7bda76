import { hash, verify } from '@node-rs/argon2'
import type { Metrics } from '@walking-buddy/telemetry'
import type { Passwords } from '../../../application/ports.ts'
import { fairQueue } from './fair-queue.ts'
import { type ParametersInUse, type StandIns, standIns } from './stand-ins.ts'

/** `const enum Algorithm` of the library, which type stripping cannot read. */
const argon2id = 2

export interface PasswordCost {
  memoryKib: number
  passes: number
  lanes: number
}

export interface PasswordConfig {
  cost: PasswordCost
  /** Hashes at the same time: each takes `memoryKib` and a thread. */
  concurrency: number
}

/** The part of the PHC format that says what a hash costs. */
const costPattern = /^m=(\d+),t=(\d+),p=(\d+)$/

const writtenCost = ({ memoryKib, passes, lanes }: PasswordCost): string =>
  `m=${memoryKib},t=${passes},p=${lanes}`

function readCost(text: string): PasswordCost {
  const [, memoryKib, passes, lanes] = costPattern.exec(text) ?? []
  return { memoryKib: Number(memoryKib), passes: Number(passes), lanes: Number(lanes) }
}

/**
 * argon2id in PHC format, over the NFKC form of a password, so that every keyboard types the same one.
 * @param tools.costsInUse how many stored hashes have which cost (`m=19456,t=2,p=1`); asked at start and by `renew`
 */
export async function argon2Passwords(
  config: PasswordConfig,
  tools: {
    metrics: Metrics
    randomBytes: (length: number) => Buffer
    costsInUse: () => Promise<ParametersInUse>
  },
): Promise<Passwords & Pick<StandIns, 'renew'>> {
  const queue = fairQueue(config.concurrency)
  const seconds = tools.metrics.histogram(
    'password_hash_seconds',
    'Time of one password hash, without its wait.',
    [],
  )
  tools.metrics.gauge('password_hash_waiting', 'Callers waiting to hash a password.', [], gauge =>
    gauge.set(queue.waiting()),
  )

  const bytesOf = (password: string) => Buffer.from(password.normalize('NFKC'))
  const hashed = (password: Buffer, { memoryKib, passes, lanes }: PasswordCost) => {
    const salt = tools.randomBytes(16)
    const costs = { memoryCost: memoryKib, timeCost: passes, parallelism: lanes }
    return hash(password, { algorithm: argon2id, ...costs, salt } as Parameters<typeof hash>[1])
  }
  const inTurn = <T>(work: () => Promise<T>): Promise<T> =>
    queue.run(async () => {
      const end = seconds.startTimer()
      try {
        return await work()
      } finally {
        end()
      }
    })
  const today = writtenCost(config.cost)
  const strangers = await standIns({
    today,
    inUse: tools.costsInUse,
    make: cost => hashed(tools.randomBytes(32), readCost(cost)),
  })

  return {
    hash: password => inTurn(() => hashed(bytesOf(password), config.cost)),
    matches: (password, stored, account) =>
      inTurn(
        async () =>
          (await verify(stored ?? strangers.of(account), bytesOf(password))) && stored !== undefined,
      ),
    isOutdated: stored => !stored.startsWith('$argon2id$') || stored.split('$')[3] !== today,
    renew: strangers.renew,
  }
}
