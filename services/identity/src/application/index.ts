import type { Account } from '../domain/account.ts'
import { atMost } from './at-most.ts'
import { blockUser } from './block-user.ts'
import { changePreferences } from './change-preferences.ts'
import { changeProfile } from './change-profile.ts'
import { checkSession } from './check-session.ts'
import { endUnusedSessions } from './end-unused-sessions.ts'
import { getOwnAccount } from './get-own-account.ts'
import { guardedAttempt, type LoginPolicies } from './guarded-attempt.ts'
import { logIn } from './log-in.ts'
import { logOut } from './log-out.ts'
import type {
  Accounts,
  Acquaintance,
  Blocks,
  Clock,
  Identifiers,
  Passwords,
  RefusalLog,
  Registrations,
  Seals,
  SecurityLog,
  Sessions,
  Throttles,
  Tokens,
  Transact,
} from './ports.ts'
import { refreshSession } from './refresh-session.ts'
import { register } from './register.ts'
import { reinstateUser } from './reinstate-user.ts'
import { setRoles } from './set-roles.ts'
import { issueTokens } from './sign-in.ts'
import { suspendUser } from './suspend-user.ts'
import { takeTurns } from './turns.ts'
import { unblockUser } from './unblock-user.ts'
import { viewUser } from './view-user.ts'

export interface ApplicationNeeds {
  accounts: Accounts
  sessions: Sessions
  blocks: Blocks
  transact: Transact
  registrations: Registrations
  refusals: RefusalLog
  throttles: Throttles
  policies: LoginPolicies
  /** Registrations and sign-ins that may run or wait for their turn; each of them is costly. */
  signInsAtOnce: number
  passwords: Passwords
  tokens: Tokens
  seals: Seals
  acquaintances: readonly Acquaintance[]
  securityLog: SecurityLog
  clock: Clock
  identifiers: Identifiers
}

/** Everything that identity does. */
export function createApplication(given: ApplicationNeeds) {
  const turns = takeTurns()
  const whileThereIsRoom = atMost(given.signInsAtOnce)
  const needs = {
    ...given,
    turns,
    attempt: guardedAttempt({ ...given, turns }),
    issueTokens: issueTokens(given),
  }
  const { accounts, blocks } = given

  const within =
    <Input, Result>(useCase: (input: Input) => Promise<Result>) =>
    (input: Input): Promise<Result> =>
      whileThereIsRoom(() => useCase(input))

  return {
    register: within(register(needs)),
    logIn: within(logIn(needs)),
    refreshSession: refreshSession(needs),
    logOut: logOut(needs),
    checkSession: checkSession(needs),
    endUnusedSessions: endUnusedSessions(needs),

    getOwnAccount: getOwnAccount(needs),
    changeProfile: changeProfile(needs),
    changePreferences: changePreferences(needs),
    viewUser: viewUser(needs),
    findAccounts: (userIds: readonly string[]): Promise<Account[]> => accounts.findAll(userIds),

    blockUser: blockUser(needs),
    unblockUser: unblockUser(needs),
    listOwnBlocks: blocks.page,
    findBlocksAround: blocks.around,
    checkPair: blocks.allowsPair,

    suspendUser: suspendUser(needs),
    reinstateUser: reinstateUser(needs),
    setRoles: setRoles(needs),
  }
}

export type Application = ReturnType<typeof createApplication>
