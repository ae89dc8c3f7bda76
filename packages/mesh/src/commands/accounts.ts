import { IdentityServiceService, identityCallers } from '@walking-buddy/contracts/grpc/identity'
import { type Client, grpcClient, serviceTokens } from '@walking-buddy/grpc'
import { createScope, systemClock } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'
import { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { secretsOf } from '../constellation/secrets.ts'
import { portsOf } from '../constellation/services.ts'

type Identity = Client<typeof IdentityServiceService>

export const accounts = () =>
  new Command('accounts')
    .description('what an operator may do to an account')
    .addCommand(
      onAccount('suspend', 'end all sessions and hide the account', (identity, userId) =>
        identity.suspendUser({ userId }),
      ),
    )
    .addCommand(
      onAccount('reinstate', 'take a suspension back', (identity, userId) =>
        identity.reinstateUser({ userId }),
      ),
    )
    .addCommand(
      new Command('roles')
        .description('set the roles of an account')
        .argument('<userId>')
        .argument('<role...>', 'walker, business, moderator, admin')
        .action((userId: string, roles: string[]) =>
          withIdentity(identity => identity.setRoles({ userId, roles })),
        ),
    )

const onAccount = (
  name: string,
  description: string,
  work: (identity: Identity, userId: string) => Promise<unknown>,
) =>
  new Command(name)
    .description(description)
    .argument('<userId>')
    .action((userId: string) => withIdentity(identity => work(identity, userId)))

async function withIdentity(work: (identity: Identity) => Promise<unknown>): Promise<void> {
  const config = loadConfig()
  const scope = createScope(silentLogger())
  const secret = secretsOf(config.dataDir).serviceToken
  const tokens = serviceTokens({ service: 'mesh', secret: { reveal: () => secret }, clock: systemClock })
  const address = `127.0.0.1:${portsOf(config, 'identity').grpc}`
  const identity = await scope.start(
    'identity',
    grpcClient(
      IdentityServiceService,
      identityCallers,
      { address, service: 'identity' },
      { tokens, metrics: createMetrics({ service: 'mesh' }), clock: systemClock },
    ),
  )
  try {
    await work(identity)
    process.stdout.write('Done.\n')
  } finally {
    await scope.stop(2_000)
  }
}
