import { describe, expect, test } from 'vitest'
import { luaFault } from './source-check.ts'

describe('Lua of the file', () => {
  test.each([
    'return function() kong.ctx.shared.x = kong.request.get_header("A") end',
    'local get = kong.request.get_header return function() return get("a") end',
    '-- kong.service.response.get_status() is not used\nreturn function() end',
    'return function() return "kong.db // & | ~" .. [[ngx.timer]] end',
    'return function() if 1 ~= 2 then ngx.arg[1] = nil end end',
    'local mine = {} return function() return mine.kong end',
  ])('%j may be used', source => {
    expect(luaFault(source)).toBeUndefined()
  })

  test.each([
    [
      'return function()\n  kong.service.request.set_body("x")\nend',
      'line 2: the local gateway does not implement kong.service.request.set_body',
    ],
    ['return function() ngx.sleep(1) end', 'line 1: the local gateway does not implement ngx.sleep'],
    ['local request = kong.request', 'line 1: the local gateway does not implement kong.request'],
    [
      'return function() ngx.var.request_uri = 1 end',
      'line 1: the local gateway does not implement ngx.var.request_uri',
    ],
    ['local k = kong', 'line 1: the local gateway does not implement kong'],
    [
      'return function() kong . response . error(400) end',
      'line 1: the local gateway does not implement kong.response.error',
    ],
  ])('%j is refused by name and line', (source, reason) => {
    expect(luaFault(source)).toBe(reason)
  })

  test.each([
    'local x = 3 // 2',
    'local x = 1 << 2',
    'local x = 1 & 2',
    'local x <const> = 1',
    'local x = ~1',
    'local json = require("cjson")',
  ])('%j is refused, for LuaJIT in its sandbox does not run it', source => {
    expect(luaFault(source)).toMatch(/is not for Kong's sandboxed LuaJIT$/)
  })
})
