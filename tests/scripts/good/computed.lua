-- Fields whose names only a run would tell: no finding.
local M = { api = 1, name = 'computed', version = 1 }

local extra = { open_side = function(self) return self.long_side end }
for key, value in pairs(extra) do M[key] = value end

function M:on_start()
  for _, side in ipairs { 'long', 'short' } do self[side .. '_side'] = side end
  self.text = self.long_side .. self.short_side
  self:log('%s', self:open_side())
end

function M:on_candle(c)
  local class = {}
  class.__index = class
  function class:size() return self.total or self:other() end
  function class:other() return self.unknown_to_all end
  self.object = setmetatable({}, class)
  return self.object:size(), c, [[
    os.time() in a text is no call ]], "io.open(\"x\")" -- nor os.exit() in a comment
end

--[==[ print(undeclared) ]] ]==]
return M
