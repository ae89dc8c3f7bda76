/**
 * Answers many small questions by few large ones: what is asked while one is on its way is asked together next.
 * `askAll` gives the answers in the order of the questions.
 */
export function batched<Q, A>(
  askAll: (questions: readonly Q[]) => Promise<readonly A[]>,
): (question: Q) => Promise<A> {
  interface Waiting {
    question: Q
    resolve: (answer: A) => void
    reject: (error: unknown) => void
  }
  const maxBatch = 500
  let waiting: Waiting[] = []
  let asking = false

  const ask = async (): Promise<void> => {
    asking = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch)
      waiting = waiting.slice(maxBatch)
      try {
        const answers = await askAll(batch.map(({ question }) => question))
        batch.forEach(({ resolve }, i) => void resolve(answers[i]!))
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    asking = false
  }

  return question =>
    new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject })
      // After the events of this turn of the loop, so that they share the first batch.
      if (!asking) {
        asking = true
        setImmediate(() => void ask())
      }
    })
}
