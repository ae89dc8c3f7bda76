import { conflict, exhausted, isAppError, unauthenticated } from '@walking-buddy/errors'
import { type NewAccount, newAccount } from '../domain/account.ts'
import { assertAdult } from '../domain/birth-date.ts'
import { emailKey } from '../domain/email.ts'
import { afterRefusal, nextRefusalAt } from '../domain/refusal-budget.ts'
import { isAlive, newSession } from '../domain/session.ts'
import type { GuardedAttempt } from './guarded-attempt.ts'
import type {
  Accounts,
  Clock,
  Identifiers,
  Passwords,
  RefusalLog,
  Registration,
  RegistrationCommand,
  Registrations,
  Seals,
  Sessions,
} from './ports.ts'
import type { IssueTokens, SignedIn } from './sign-in.ts'
import type { TakeTurns } from './turns.ts'

export interface RegisterInput extends NewAccount {
  password: string
  /** Where it comes from. */
  network: string
  idempotencyKey: string | undefined
}

/** Answers that tell whether an address, or a name, is known. */
const telling = new Set(['email-taken', 'username-taken', 'idempotency-key-reused'])

/**
 * Makes an account and signs in. A repeat with the same Idempotency-Key, body and password continues the session of
 * the first run: its tokens are derived anew, so that none of them is kept.
 *
 * Of all operations this one alone tells whether an address is known, five times an hour for each network; after
 * that the network is told nothing at all.
 *
 * @throws AppError forbidden `too-young`; exists `email-taken`, `username-taken`; conflict `idempotency-key-reused`;
 *   exhausted `too-many-attempts`; unauthenticated `session-ended` for a repeat after the session's end
 */
export function register(needs: {
  accounts: Accounts
  sessions: Sessions
  registrations: Registrations
  refusals: RefusalLog
  passwords: Passwords
  attempt: GuardedAttempt
  issueTokens: IssueTokens
  seals: Seals
  turns: TakeTurns
  clock: Clock
  identifiers: Identifiers
}): (input: RegisterInput) => Promise<SignedIn> {
  const { accounts, sessions, registrations, refusals, passwords, seals, clock, identifiers } = needs
  const now = () => new Date(clock.now())

  const signedIn = async ({ userId, sessionId }: Registration): Promise<SignedIn> => {
    const [account, session] = await Promise.all([accounts.find(userId), sessions.find(sessionId)])
    if (!account || !session || !isAlive(session, now()))
      throw unauthenticated('session-ended', 'The session of this registration has ended: sign in.')
    return {
      account,
      ...(await needs.issueTokens(session, account.roles)),
      deviceToken: seals.deviceToken(userId, sessionId, now()),
    }
  }

  const repeated = async (registration: Registration, input: RegisterInput): Promise<SignedIn> => {
    const credentials = await accounts.credentialsById(registration.userId)
    const source = { kind: 'network', network: input.network } as const
    const stranger = seals.pseudonym('stranger', emailKey(input.email))
    const isRight = () => passwords.matches(input.password, credentials?.passwordHash, stranger)
    if (!(await needs.attempt(input.email, source, isRight)))
      throw conflict('idempotency-key-reused', 'This Idempotency-Key was used with another body.')
    return signedIn(registration)
  }

  const registerOnce = async (input: RegisterInput, command: RegistrationCommand): Promise<SignedIn> => {
    const earlier = await registrations.recall(command)
    if (earlier) return repeated(earlier, input)

    const at = now()
    const account = newAccount(identifiers.uuid(at.getTime()), input, at)
    const session = newSession(identifiers.uuid(at.getTime()), account.id, at)
    const passwordHash = await passwords.hash(input.password)
    const registration = await registrations.once(command, async unit => {
      await unit.accounts.add(account, passwordHash)
      await unit.sessions.add(session)
      await unit.announce({ kind: 'user-registered', account })
      return { userId: account.id, sessionId: session.id }
    })
    return registration.userId === account.id ? signedIn(registration) : repeated(registration, input)
  }

  return async input => {
    assertAdult(input.birthDate, now())
    const { email, password: _, network, idempotencyKey, ...rest } = input
    const scope = seals.pseudonym('registration', emailKey(email))
    const fingerprint = seals.pseudonym(
      'registration body',
      email,
      JSON.stringify(Object.entries(rest).sort()),
    )
    const budget = refusalBudget(refusals, seals.pseudonym('registration network', network), now)

    return needs.turns(scope, async () => {
      await budget.assertLeft()
      try {
        return await registerOnce(input, { scope, key: idempotencyKey, fingerprint })
      } catch (error) {
        if (isAppError(error) && telling.has(error.code)) await budget.take()
        throw error
      }
    })
  }
}

function refusalBudget(refusals: RefusalLog, key: string, now: () => Date) {
  const refuse = (until: Date) =>
    exhausted('too-many-attempts', 'Too many registrations from here were refused: wait a while.', {
      retryAfterSeconds: Math.ceil((until.getTime() - now().getTime()) / 1_000),
    })
  return {
    async assertLeft(): Promise<void> {
      const until = nextRefusalAt(await refusals.answers(key), now())
      if (until) throw refuse(until)
    },
    async take(): Promise<void> {
      const until = await refusals.update(key, answers => {
        const next = nextRefusalAt(answers, now())
        return next ? { result: next } : { keep: afterRefusal(answers, now()), result: undefined }
      })
      if (until) throw refuse(until)
    },
  }
}
