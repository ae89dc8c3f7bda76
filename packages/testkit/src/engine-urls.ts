/**
 * Where the engines of this test run are; `npm test` starts them and sets these variables.
 * @throws Error naming the variable that is missing
 */
export const engineUrls = {
  get postgres() {
    return required('POSTGRES_URL')
  },
  get redis() {
    return required('REDIS_URL')
  },
  get kafka() {
    return required('KAFKA_BROKERS').split(',')
  },
  get mongo() {
    return required('MONGO_URL')
  },
}

function required(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: run tests by \`npm test\`, which starts the engines`)
  return value
}
