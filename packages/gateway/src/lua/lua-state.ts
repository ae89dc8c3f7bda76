import { type LuaEngine, LuaFactory } from 'wasmoon'

export type LuaArgument = string | number | null

/** A Lua error: what `error` was given, where that is text. */
export class LuaError extends Error {
  override readonly name = 'LuaError'
}

/** A Lua 5.4 state that calls functions with texts and whole numbers. */
export interface LuaState<Call extends string> {
  /** @throws LuaError */
  call(name: Call, ...given: LuaArgument[]): string
}

/** The functions of wasmoon's module that are used past its conversions, which cost more than the Lua itself. */
interface RawLua {
  HEAPU8: Uint8Array<ArrayBuffer>
  HEAPU32: Uint32Array
  addFunction(implementation: (state: number) => number, signature: 'ii'): number
  _malloc(bytes: number): number
  _lua_getfield(state: number, index: number, key: number): number
  _lua_pcallk(
    state: number,
    given: number,
    results: number,
    onError: number,
    context: number,
    continuation: number,
  ): number
  _lua_pushcclosure(state: number, implementation: number, upvalues: number): void
  _lua_pushinteger(state: number, value: bigint): void
  _lua_pushlstring(state: number, text: number, bytes: number): number
  _lua_pushnil(state: number): void
  _lua_pushvalue(state: number, index: number): void
  _lua_setglobal(state: number, name: number): void
  _lua_settop(state: number, index: number): void
  _lua_tolstring(state: number, index: number, bytes: number): number
  _luaL_loadbufferx(state: number, text: number, bytes: number, name: number, mode: number): number
}

/** Longest text that goes in at once. */
const inputBytes = 256 * 1024

/**
 * Texts hold bytes (latin1), as those of node:http do.
 * @param source a chunk that returns a table with the functions of `calls`
 * @param globals functions from text to text, or to `nil`
 */
export async function createLuaState<Call extends string>(
  source: string,
  calls: readonly Call[],
  globals: Readonly<Record<string, (text: string) => string | undefined>>,
): Promise<LuaState<Call>> {
  const engine: LuaEngine = await new LuaFactory().createEngine({ enableProxy: false, injectObjects: false })
  const lua = engine.global.lua.module as unknown as RawLua
  const state = engine.global.address
  const input = lua._malloc(inputBytes)
  const length = lua._malloc(4)

  // The memory is another one after it has grown.
  let memory = Buffer.from(lua.HEAPU8.buffer)
  const present = (): Buffer => {
    if (memory.buffer !== lua.HEAPU8.buffer) memory = Buffer.from(lua.HEAPU8.buffer)
    return memory
  }
  const put = (text: string): number => {
    if (text.length >= inputBytes) throw new LuaError('a text is too long for Lua')
    const bytes = present().write(text, input, 'latin1')
    memory[input + bytes] = 0
    return bytes
  }
  const text = (index: number): string | undefined => {
    const at = lua._lua_tolstring(state, index, length)
    return at === 0 ? undefined : present().toString('latin1', at, at + lua.HEAPU32[length >> 2]!)
  }
  const push = (value: LuaArgument): void => {
    if (value === null) lua._lua_pushnil(state)
    else if (typeof value === 'number') lua._lua_pushinteger(state, BigInt(value))
    else lua._lua_pushlstring(state, input, put(value))
  }
  const run = (given: number, results: number, bottom: number): void => {
    if (lua._lua_pcallk(state, given, results, 0, 0, 0) === 0) return
    const message = text(-1) ?? 'an error that is no text'
    lua._lua_settop(state, bottom)
    throw new LuaError(message)
  }

  lua._lua_settop(state, 0)
  for (const [name, implementation] of Object.entries(globals)) {
    const pointer = lua.addFunction(caller => {
      const at = lua._lua_tolstring(caller, 1, length)
      const result =
        at === 0
          ? undefined
          : implementation(present().toString('latin1', at, at + lua.HEAPU32[length >> 2]!))
      push(result ?? null)
      return 1
    }, 'ii')
    lua._lua_pushcclosure(state, pointer, 0)
    put(name)
    lua._lua_setglobal(state, input)
  }

  const sourceBytes = put(source)
  if (lua._luaL_loadbufferx(state, input, sourceBytes, 0, 0) !== 0) throw new LuaError(text(-1) ?? '')
  run(0, 1, 0)
  for (const name of calls) {
    put(name)
    lua._lua_getfield(state, 1, input)
  }
  const bottom = 1 + calls.length
  const indexes = new Map(calls.map((name, at) => [name, at + 2]))

  return {
    call(name, ...given) {
      lua._lua_pushvalue(state, indexes.get(name)!)
      for (const value of given) push(value)
      run(given.length, 1, bottom)
      const result = text(-1)
      lua._lua_settop(state, bottom)
      return result ?? ''
    },
  }
}
