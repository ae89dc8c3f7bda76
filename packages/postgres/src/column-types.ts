import { types } from 'pg'

type Parser = (text: string) => unknown

const { builtins } = types
const arrayOf = { int8: 1016, date: 1182, timestamp: 1115 } as const
const texts = types.getTypeParser(1009 as typeof builtins.TEXT) as (text: string) => (string | null)[]
const utc = (text: string): Date => new Date(`${text.replace(' ', 'T')}Z`)

const parsers = new Map<number, Parser>([
  [builtins.INT8, BigInt],
  [arrayOf.int8, text => texts(text).map(item => (item === null ? null : BigInt(item)))],
  // A date is not an instant: the driver would make midnight of this process's time zone of it.
  [builtins.DATE, text => text],
  [arrayOf.date, texts],
  [builtins.TIMESTAMP, utc],
  [arrayOf.timestamp, text => texts(text).map(item => (item === null ? null : utc(item)))],
])

/** How values of columns arrive; kept with each connection, as the driver's own table is global to the process. */
export const columnTypes = {
  getTypeParser: ((oid: typeof builtins.TEXT, format?: 'text' | 'binary') =>
    (format !== 'binary' && parsers.get(oid)) ||
    types.getTypeParser(oid, format as 'text')) as typeof types.getTypeParser,
}
