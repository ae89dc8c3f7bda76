/** Published rows are divided among the instances by shard: 0 … 63. Never changes, for it is stored. */
export const shards = 64

/** FNV-1a over the user's id, so that ids made one after the other spread as well as random ones. */
export function shardOf(userId: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < userId.length; i++) hash = Math.imul(hash ^ userId.charCodeAt(i), 0x01000193)
  // The low bits alone would hang on the last characters only.
  return ((hash ^ (hash >>> 15)) >>> 0) % shards
}
