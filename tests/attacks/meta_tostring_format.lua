-- attack: recursion through __tostring and format
-- phase: on_candle
-- ends: script_fault nested over 200 deep
local M = { api = 1, name = 'meta_tostring_format', version = 1 }

function M:on_candle(c)
  local m = {}
  function m.__tostring(t) return string.format('%s', t) .. '' end
  return tostring(setmetatable({}, m)) .. ''
end

return M
