export { type AccessTokens, accessTokens, type Caller } from './access-tokens.ts'
export { type Authenticate, authenticator } from './authenticator.ts'
export { type RevocationListener, type Revocations, revocations } from './revocations.ts'
