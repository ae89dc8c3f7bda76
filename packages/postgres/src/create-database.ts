/** Creates the database that `url` names unless it is there: for local starts and tests. Safe when raced. */
export async function createDatabaseIfMissing(url: string): Promise<void> {
  throw new Error(url)
}
