import { unauthenticated } from '@walking-buddy/errors'
import { emailKey } from '../domain/email.ts'
import type { AttemptSource, GuardedAttempt } from './guarded-attempt.ts'
import type { Accounts, Clock, Identifiers, Passwords, Seals, Transact } from './ports.ts'
import { type IssueTokens, openSession, type SignedIn } from './sign-in.ts'

export interface LogInInput {
  email: string
  password: string
  network: string
  /** What an earlier sign-in on the device gave. */
  deviceToken: string | undefined
}

const deviceKnownForMs = 365 * 86_400_000

/**
 * Signs in. Whether an address is known shows neither in the answer nor in its time: the same work is done for all.
 *
 * @throws AppError unauthenticated `invalid-credentials`; forbidden `suspended`, after the right password only;
 *   exhausted `too-many-attempts`
 */
export function logIn(needs: {
  accounts: Accounts
  passwords: Passwords
  attempt: GuardedAttempt
  transact: Transact
  issueTokens: IssueTokens
  seals: Seals
  clock: Clock
  identifiers: Identifiers
}): (input: LogInInput) => Promise<SignedIn> {
  const { accounts, passwords, seals, clock, identifiers } = needs

  const knownDevice = (token: string | undefined, userId: string | undefined): string | undefined => {
    const device = token === undefined ? undefined : seals.readDeviceToken(token)
    const isKnown =
      device?.userId === userId && clock.now() - (device?.issuedAt.getTime() ?? 0) < deviceKnownForMs
    return isKnown ? device?.deviceId : undefined
  }

  /** A hash with yesterday's parameters is made anew while the password is at hand. */
  const renewHash = async (userId: string, password: string, oldHash: string): Promise<void> => {
    if (!passwords.isOutdated(oldHash)) return
    const newHash = await passwords.hash(password)
    await accounts.renewHash(userId, oldHash, newHash, new Date(clock.now()))
  }

  return async ({ email, password, network, deviceToken }) => {
    const known = await accounts.credentialsOf(email)
    const deviceId = knownDevice(deviceToken, known?.userId)
    const source: AttemptSource =
      deviceId === undefined ? { kind: 'network', network } : { kind: 'device', deviceId }
    const stranger = seals.pseudonym('stranger', emailKey(email))
    const isRight = () => passwords.matches(password, known?.passwordHash, stranger)
    const right = await needs.attempt(email, source, isRight)
    const now = new Date(clock.now())
    const sessionId = identifiers.uuid(now.getTime())
    const opened =
      known && right
        ? await needs.transact(unit => openSession(unit, known.userId, sessionId, now))
        : undefined
    if (!known || !opened)
      throw unauthenticated('invalid-credentials', 'The address or the password is wrong.')

    await renewHash(known.userId, password, known.passwordHash)
    return {
      account: opened.account,
      ...(await needs.issueTokens(opened.session, opened.account.roles)),
      deviceToken: seals.deviceToken(known.userId, deviceId ?? sessionId, now),
    }
  }
}
