/** The people's positions in turn: each stands somewhere of their own and shifts by less than a metre. */
export function wandering(userIds: readonly string[]): () => { userId: string; lat: number; lng: number } {
  let turn = 0
  return () => {
    const person = turn % userIds.length
    const step = Math.floor(turn / userIds.length) % 10
    turn += 1
    return { userId: userIds[person]!, lat: 48 + person * 1e-5 + step * 5e-6, lng: -20 + person * 1e-5 }
  }
}
