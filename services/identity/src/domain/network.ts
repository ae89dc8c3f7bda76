/**
 * Whom an address stands for: an IPv4 address itself, of IPv6 the /64, for a single line owns all of that. What is no
 * address stays as it is.
 */
export function networkOf(address: string): string {
  const embedded = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (embedded !== undefined) return embedded
  if (!address.includes(':')) return address
  const [head = '', tail] = address.replace(/%.*$/, '').toLowerCase().split('::')
  const groups = head.split(':').filter(Boolean)
  const rest = (tail ?? '').split(':').filter(Boolean)
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length)
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...rest].map(group =>
    group.replace(/^0+(?=.)/, ''),
  )
  return `${all.slice(0, 4).join(':')}::/64`
}
