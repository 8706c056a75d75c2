-- expect 12: error: io is not there: a script has no files
-- expect 13: error: coroutine is not there: handlers run to completion
-- expect 14: error: xpcall is not there: pcall is there
-- expect 15: error: loadstring is not there: code is in files
-- expect 16: error: setfenv is not there: functions take what they need
-- expect 17: error: rawset is not there: plain assignment does
-- expect 18: error: debug is not there
-- expect 19: error: _G is not there
local M = { api = 1, name = 'library_absent', version = 1 }

function M:on_candle()
  self.a = io.open('x')
  self.b = coroutine.create(self.on_candle)
  self.c = xpcall(self.on_candle, error)
  self.d = loadstring('return 1')
  self.e = setfenv(1, {})
  rawset(self, 'f', 1)
  self.g = debug.traceback()
  self.h = _G.math
end

return M
