-- The part of Kong's plugin development kit (PDK) that kong.yml uses, for PUC Lua 5.4. lua-vm.ts calls the
-- functions of the table that this chunk returns; one call is one phase of one request.
-- Edits go back as lines of "set", "clear" (of the request), "answer", "status", "exit" or "exit-header", and after
-- tabs the name and the value.

local contexts = {}
local routes = {}
local plugins = {}
local current

-- Unknown names are errors: the check of the source when it is loaded has found them already.
local function strict(name, fields)
  return setmetatable(fields, {
    __index = function(_, key) error(name .. "." .. tostring(key) .. " is not implemented by the local gateway", 2) end,
    __newindex = function(_, key) error(name .. "." .. tostring(key) .. " cannot be assigned", 2) end,
  })
end

local function live(name, of)
  return setmetatable({}, {
    __index = function(_, key) return of()[key] end,
    __newindex = function(_, key, value) of()[key] = value end,
    __name = name,
  })
end

-- Names of headers that have been checked, and their form for comparison.
local keys = {}

local function key_of(name)
  local key = keys[name]
  if key then return key end
  if type(name) ~= "string" or not name:find("^[%w!#$%%&'*+.^_`|~-]+$") then
    error("not the name of a header: " .. tostring(name), 3)
  end
  key = name:lower():gsub("_", "-")
  keys[name] = key
  return key
end

local function header_value(value)
  local kind = type(value)
  if kind ~= "string" and kind ~= "number" and kind ~= "boolean" then
    error("a header's value must be a string, number or boolean, not " .. kind, 3)
  end
  value = tostring(value)
  if value:find("[\r\n\t\0]") then error("a header's value must be one line", 3) end
  return value
end

local function edit(line) current.edits[#current.edits + 1] = line end

local function json(value)
  local kind = type(value)
  if kind == "number" or kind == "boolean" then return tostring(value) end
  if kind == "string" then
    return '"' .. value:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
  end
  if kind ~= "table" then error("cannot put a " .. kind .. " into JSON", 2) end
  local members = {}
  for key, member in pairs(value) do members[#members + 1] = json(tostring(key)) .. ":" .. json(member) end
  return "{" .. table.concat(members, ",") .. "}"
end

local kong = strict("kong", {
  request = strict("kong.request", {
    get_header = function(name)
      local key = key_of(name)
      local edited = current.edited[key]
      if edited ~= nil then return edited or nil end
      local headers = current.headers
      local _, at = headers:find("\n" .. key .. "\t", 1, true)
      return at and headers:sub(at + 1, headers:find("\n", at, true) - 1) or nil
    end,
  }),
  service = strict("kong.service", {
    request = strict("kong.service.request", {
      set_header = function(name, value)
        value = header_value(value)
        current.edited[key_of(name)] = value
        edit("set\t" .. name .. "\t" .. value)
      end,
      clear_header = function(name)
        local key = key_of(name)
        -- Most headers that are cleared are not there.
        if current.edited[key] == nil and not current.headers:find("\n" .. key .. "\t", 1, true) then return end
        current.edited[key] = false
        edit("clear\t" .. name)
      end,
    }),
  }),
  response = strict("kong.response", {
    get_source = function() return current.source end,
    get_status = function() return current.status end,
    set_status = function(status) current.status = math.tointeger(status) end,
    set_header = function(name, value)
      key_of(name)
      edit("answer\t" .. name .. "\t" .. header_value(value))
    end,
    exit = function(status, body, headers)
      if current.phase ~= "access" then error("kong.response.exit is implemented in access only", 2) end
      local answer = { status = math.tointeger(status), body = body or "", headers = {} }
      if type(body) == "table" then
        answer.body = json(body)
        answer.headers[1] = "Content-Type\tapplication/json; charset=utf-8"
      end
      if answer.body:find("\n", 1, true) then error("the body of kong.response.exit must be one line", 2) end
      for name, value in pairs(headers or {}) do
        key_of(name)
        answer.headers[#answer.headers + 1] = name .. "\t" .. header_value(value)
      end
      current.exit = answer
      error(answer)
    end,
  }),
  router = strict("kong.router", { get_route = function() return current.route end }),
  client = strict("kong.client", { get_forwarded_ip = function() return current.address end }),
  ctx = strict("kong.ctx", { shared = live("kong.ctx.shared", function() return current.shared end) }),
})

local arg = {}
local ngx = strict("ngx", {
  arg = arg,
  ctx = live("ngx.ctx", function() return current.ngx_ctx end),
  var = setmetatable({}, {
    __index = function(_, key)
      if key == "kong_request_id" then return current.id end
      error("ngx.var." .. tostring(key) .. " is not implemented by the local gateway", 2)
    end,
  }),
  decode_base64 = decode_base64,
})

-- What Kong's sandbox gives, as far as Lua 5.4 has it in the same meaning.
local sandbox = setmetatable({
  kong = kong, ngx = ngx,
  assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs, pcall = pcall, select = select,
  tonumber = tonumber, tostring = tostring, type = type, unpack = table.unpack, xpcall = xpcall,
  math = { abs = math.abs, ceil = math.ceil, floor = math.floor, huge = math.huge, max = math.max, min = math.min },
  string = {
    byte = string.byte, char = string.char, find = string.find, format = string.format, gmatch = string.gmatch,
    gsub = string.gsub, len = string.len, lower = string.lower, match = string.match, rep = string.rep,
    reverse = string.reverse, sub = string.sub, upper = string.upper,
  },
  table = { concat = table.concat, insert = table.insert, remove = table.remove, sort = table.sort },
}, {
  __index = function(_, name) error("the global " .. tostring(name) .. " is not there", 2) end,
  __newindex = function(_, name) error("the global " .. tostring(name) .. " must be local", 2) end,
})

local function run(phase, plugin)
  current.phase, current.edits = phase, {}
  local functions = plugins[plugin][phase]
  for i = 1, #functions do functions[i]() end
end

-- Makes an exchange the current one, with its request as it is now.
local function enter(handle, id, address, route, headers)
  current = contexts[handle]
  if not current then
    current = { id = id, address = address, route = route and routes[route], shared = {}, ngx_ctx = {} }
    contexts[handle] = current
  end
  current.headers, current.edited = headers, {}
end

return {
  -- Functions of one phase are kept as the chunk returned them, so that its locals live on between requests.
  load = function(plugin, phase, source)
    plugins[plugin] = plugins[plugin] or { access = {}, header_filter = {}, body_filter = {}, log = {} }
    local chunk, message = load(source, "=line", "t", sandbox)
    if not chunk then error(message, 0) end
    local result = chunk()
    if type(result) ~= "function" then error("must return a function: the local gateway runs no other form", 0) end
    local functions = plugins[plugin][phase]
    functions[#functions + 1] = result
  end,

  route = function(name, tags)
    local list
    for tag in tags:gmatch("[^\n]+") do
      list = list or {}
      list[#list + 1] = tag
    end
    routes[name] = setmetatable({ name = name, tags = list }, {
      __index = function(_, key)
        if key ~= "tags" then error("the route's " .. tostring(key) .. " is not implemented by the local gateway", 2) end
      end,
    })
  end,

  access = function(handle, plugin, ...)
    enter(handle, ...)
    local ok, message = pcall(run, "access", plugin)
    local exit = current.exit
    if exit then
      current.exit = nil
      edit("exit\t" .. exit.status .. "\t" .. exit.body)
      for _, header in ipairs(exit.headers) do edit("exit-header\t" .. header) end
    elseif not ok then
      error(message, 0)
    end
    return table.concat(current.edits, "\n")
  end,

  header_filter = function(handle, plugin, id, address, route, headers, source, status)
    enter(handle, id, address, route, headers)
    current.source, current.status = source, status
    run("header_filter", plugin)
    if current.status ~= status then edit("status\t" .. current.status) end
    local edits = table.concat(current.edits, "\n")
    if source == "service" and #plugins[plugin].body_filter > 0 then
      arg[1], arg[2] = "x", false
      run("body_filter", plugin)
      if arg[1] ~= "x" then error("body_filter changes a service's body, which the local gateway streams", 0) end
    end
    return edits
  end,

  body_filter = function(handle, plugin, body)
    current = contexts[handle]
    if not current then return body end
    arg[1], arg[2] = body, true
    run("body_filter", plugin)
    return arg[1] or ""
  end,

  log = function(handle, plugin)
    current = contexts[handle]
    if current then run("log", plugin) end
  end,

  close = function(handle) contexts[handle] = nil end,

  kilobytes = function() return tostring(collectgarbage("count") // 1) end,
}
