export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

export const after = (instant: Date, ms: number): Date => new Date(instant.getTime() + ms)
export const later = (a: Date, b: Date): Date => (a >= b ? a : b)
export const earlier = (a: Date, b: Date): Date => (a <= b ? a : b)
export const clamped = (instant: Date, from: Date, to: Date): Date => earlier(later(instant, from), to)
