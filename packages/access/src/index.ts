export { type AccessTokens, accessTokens, type Caller } from './access-tokens.ts'
export { authenticator, type Authenticate } from './authenticator.ts'
export { type Revocations, revocations, type RevocationListener } from './revocations.ts'
