/** What pdk.lua implements; a mention of any other part of Kong or nginx is refused when the file is loaded. */
const implemented = new Set([
  'kong.request.get_header',
  'kong.service.request.set_header',
  'kong.service.request.clear_header',
  'kong.response.get_source',
  'kong.response.get_status',
  'kong.response.set_status',
  'kong.response.set_header',
  'kong.response.exit',
  'kong.router.get_route',
  'kong.client.get_forwarded_ip',
  'kong.ctx.shared',
  'ngx.arg',
  'ngx.ctx',
  'ngx.decode_base64',
  'ngx.var.kong_request_id',
])
/** Tables whose members are the code's own. */
const open = ['kong.ctx.shared', 'ngx.arg', 'ngx.ctx']

/** Syntax of Lua 5.4 that LuaJIT, which Kong runs, does not know. */
const newerThanLuaJit = /\/\/|<<|>>|<const>|<close>|[&|]|(?<!~)~(?!=)|\brequire\b/

/** Why Kong, or the local gateway, could not run this Lua; `undefined` when both can. */
export function luaFault(source: string): string | undefined {
  const code = withoutStringsAndComments(source)
  const foreign = newerThanLuaJit.exec(code)
  if (foreign)
    return `line ${lineOf(code, foreign.index)}: "${foreign[0]}" is not for Kong's sandboxed LuaJIT`
  for (const mention of code.matchAll(/(?<![\w.:])(?:kong|ngx)\b(?:\s*\.\s*\w+)*/g)) {
    const name = mention[0].replace(/\s/g, '')
    if (!implemented.has(name) && !open.some(table => name.startsWith(`${table}.`)))
      return `line ${lineOf(code, mention.index)}: the local gateway does not implement ${name}`
  }
  return undefined
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length

/** Blanks them, line by line as they were. */
function withoutStringsAndComments(source: string): string {
  const token =
    /--\[(=*)\[[\s\S]*?\]\1\]|--[^\n]*|\[(=*)\[[\s\S]*?\]\2\]|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/g
  return source.replace(token, text => text.replace(/[^\n]/g, ' '))
}
