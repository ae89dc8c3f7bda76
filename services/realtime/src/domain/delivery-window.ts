/** What one connection has of its user's stream: sent in order, confirmed in any, at most `capacity` in flight. */
export interface DeliveryWindow {
  /** Everything up to here was sent on this connection. */
  readonly sent: number
  /** Everything up to here was confirmed by this connection's client. */
  readonly confirmed: number
  /** How many more may be sent before the client confirms some. */
  readonly room: number
  /** The next event leaves. @throws RangeError when it is not the next one or there is no room */
  send(seq: number): void
  /** The client has handled it; repeated and unknown ones change nothing. */
  confirm(seq: number): void
}

/** `from`: the client has everything up to there. */
export function deliveryWindow(from: number, capacity: number): DeliveryWindow {
  // In the order of sending, so the first is the oldest.
  const inFlight = new Set<number>()
  let sent = from
  return {
    get sent() {
      return sent
    },
    get confirmed() {
      for (const oldest of inFlight) return oldest - 1
      return sent
    },
    get room() {
      return capacity - inFlight.size
    },
    send(seq) {
      if (seq !== sent + 1) throw new RangeError(`${seq} does not follow ${sent}`)
      if (inFlight.size >= capacity) throw new RangeError('the window is full')
      inFlight.add(seq)
      sent = seq
    },
    confirm(seq) {
      inFlight.delete(seq)
    },
  }
}
