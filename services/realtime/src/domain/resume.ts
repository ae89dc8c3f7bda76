/** A place in a stream: everything up to `seq` is known. */
export interface StreamPosition {
  stream: string
  seq: number
}

/** A user's stream as it stands. */
export interface StreamState extends StreamPosition {
  /** The oldest event within the window; null where there is none. */
  firstKept: number | null
}

/** Where a connection starts: its next event is `seq + 1`. */
export interface Start extends StreamPosition {
  resumed: boolean
  /** The client asked for a place that cannot be gone on from: it reads everything anew. */
  resync: boolean
}

/** Goes on from where the client was, unless events in between are gone or the stream is another one. */
export function startOf(state: StreamState, from: StreamPosition | undefined): Start {
  const { stream, seq } = state
  if (!from) return { stream, seq, resumed: false, resync: false }
  const known = from.stream === stream && from.seq <= seq
  const complete = from.seq === seq || (state.firstKept !== null && from.seq + 1 >= state.firstKept)
  return known && complete
    ? { stream, seq: from.seq, resumed: true, resync: false }
    : { stream, seq, resumed: false, resync: true }
}
