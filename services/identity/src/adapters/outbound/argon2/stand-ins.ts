/** How many of the stored hashes were made with which parameters, in the caller's notation of them. */
export type ParametersInUse = readonly { parameters: string; count: number }[]

/** Hashes that match no password, for accounts that there are not. */
export interface StandIns {
  /** @param account a keyed hash of the account, base64url: it gets the same stand-in each time */
  of(account: string): string
  /** Looks again which parameters are in use. */
  renew(): Promise<void>
}

/**
 * A hash takes the time that its parameters ask for. After these were raised, the hashes of people who have not
 * signed in since are quicker to check: were strangers always checked against today's parameters, time would tell
 * who is none. So strangers are spread over the parameters as the people are.
 *
 * @param today parameters of new hashes; they come first, so that a stranger changes over to them once, as people do
 */
export async function standIns(options: {
  today: string
  inUse: () => Promise<ParametersInUse>
  make: (parameters: string) => Promise<string>
}): Promise<StandIns> {
  const made = new Map([[options.today, await options.make(options.today)]])
  let shares: { hash: string; upTo: number }[] = []

  const renew = async (): Promise<void> => {
    const rank = ({ parameters }: { parameters: string }) => (parameters === options.today ? '' : parameters)
    const inUse = (await options.inUse()).toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
    for (const { parameters } of inUse)
      if (!made.has(parameters)) made.set(parameters, await options.make(parameters))
    const total = inUse.reduce((sum, { count }) => sum + count, 0)
    let counted = 0
    shares = inUse.map(({ parameters, count }) => {
      counted += count
      return { hash: made.get(parameters)!, upTo: counted / total }
    })
  }

  await renew()
  return {
    of(account) {
      const place = Buffer.from(account, 'base64url').readUIntBE(0, 6) / 2 ** 48
      return shares.find(({ upTo }) => place < upTo)?.hash ?? made.get(options.today)!
    },
    renew,
  }
}
