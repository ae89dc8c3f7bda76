/**
 * The headers of one message, in order and with repetitions, as they stood on the wire.
 * Names are matched without regard to case.
 */
export class HeaderList {
  readonly #names: string[] = []
  readonly #flat: string[]

  /** @param flat name, value, name, value …; the list takes it over */
  constructor(flat: string[] = []) {
    this.#flat = flat
    for (let i = 0; i < flat.length; i += 2) this.#names.push(flat[i]!.toLowerCase())
  }

  /** The first value of the name. */
  get(name: string): string | undefined {
    const at = this.#names.indexOf(name.toLowerCase())
    return at < 0 ? undefined : this.#flat[at * 2 + 1]
  }

  has(name: string): boolean {
    return this.#names.includes(name.toLowerCase())
  }

  /** Every value of the name. */
  all(name: string): string[] {
    const wanted = name.toLowerCase()
    return this.#names.flatMap((own, at) => (own === wanted ? [this.#flat[at * 2 + 1]!] : []))
  }

  /** Puts this value in the place of all that the name had. */
  set(name: string, value: string): void {
    const at = this.#names.indexOf(name.toLowerCase())
    if (at < 0) {
      this.add(name, value)
      return
    }
    this.#flat[at * 2 + 1] = value
    this.#cut(name.toLowerCase(), at + 1)
  }

  add(name: string, value: string): void {
    this.#names.push(name.toLowerCase())
    this.#flat.push(name, value)
  }

  delete(name: string): void {
    this.#cut(name.toLowerCase(), 0)
  }

  /** Name, value, name, value …: what `writeHead` and undici take. */
  get flat(): readonly string[] {
    return this.#flat
  }

  /** Names in lower case, beside the pairs of `flat`. */
  get names(): readonly string[] {
    return this.#names
  }

  #cut(lowerName: string, from: number): void {
    for (let at = this.#names.indexOf(lowerName, from); at >= 0; at = this.#names.indexOf(lowerName, at)) {
      this.#names.splice(at, 1)
      this.#flat.splice(at * 2, 2)
    }
  }
}
