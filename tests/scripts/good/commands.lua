-- Parameters of every type, commands, every handler: no finding.
local M = { api = 1, name = 'commands', version = 1 }

M.params = {
  symbol = { type = 'symbol', default = 'BTC-USDT-SWAP', help = 'what is traded' },
  timeframe = { type = 'timeframe', default = '15m' },
  length = { type = 'integer', default = 14, min = 2, max = 200 },
  ratio = { type = 'number', default = 0.5 },
  invest = { type = 'money', default = 100, min = 1 },
  share = { type = 'percent', default = 0.5 },
  use_stop = { type = 'boolean', default = true, group = 'stop' },
  stop = { type = 'percent', default = 2, show = { use_stop = true } },
  note = { type = 'text', default = '' },
  side = { type = 'enum', values = { 'long', 'short' }, default = 'long', when = 'flat' },
}
M.commands = { sell = { share = { type = 'percent', default = 50, min = 1, max = 100 } }, stop = {} }

function M.check(p) return p.length > 1 and {} or { 'length' } end
function M.migrate(state, from_version) return from_version > 0 and state or {} end
function M:on_start() self.rsi = self:indicator('rsi', self.params.symbol, '15m', { length = 14 }) end
function M:on_ready(why) self:log('%s', why) end
function M:on_candle(c) self.last = c end
function M:on_ticker(t) self.last = t end
function M:on_fill(f) self.last = f end
function M:on_order(o) self.last = o end
function M:on_timer(name) self.last = name end
function M:on_params(old) self.last = old.length end
function M:on_command(name, args) return name .. tostring(args) end
function M.on_stop(self) self.last = nil end

return M
