-- attack: a library of LuaJIT by require
-- phase: on_candle
-- ends: script_fault require 'ffi': there is no such file
local M = { api = 1, name = 'require_ffi', version = 1 }

function M:on_candle(c)
  local ffi = require 'ffi'
  ffi.C.abort()
end

return M
