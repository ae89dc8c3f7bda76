type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array

/** The column itself while it has room for `length` entries, else a copy twice as long, filled up with `fill`. */
export function roomFor<C extends Column>(column: C, length: number, fill = 0): C {
  if (length <= column.length) return column
  const Kind = column.constructor as new (length: number) => C
  const grown = new Kind(Math.max(length, column.length * 2))
  grown.set(column)
  if (fill !== 0) grown.fill(fill, column.length)
  return grown
}
