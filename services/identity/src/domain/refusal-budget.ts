/** How often an hour a network is told that an address or a name is taken. */
const answersAnHour = 5
const hourMs = 3_600_000

const withinAnHour = (answeredAt: readonly Date[], now: Date): Date[] =>
  answeredAt.filter(at => now.getTime() - at.getTime() < hourMs)

/** When the next such answer may be given; undefined: now. */
export function nextRefusalAt(answeredAt: readonly Date[], now: Date): Date | undefined {
  const recent = withinAnHour(answeredAt, now).sort((a, b) => a.getTime() - b.getTime())
  const blocking = recent[recent.length - answersAnHour]
  return blocking && new Date(blocking.getTime() + hourMs)
}

/** The answers to remember after one more. */
export const afterRefusal = (answeredAt: readonly Date[], now: Date): Date[] => [
  ...withinAnHour(answeredAt, now),
  now,
]
