--- Buys what was sold too hard, sells it back when the crowd returns.
local M = { api = 1, name = 'rsi', version = 1 }

M.params = {
  symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' },
  timeframe = { type = 'timeframe', default = '15m' },
  length = { type = 'integer', default = 14, min = 2, max = 200 },
  oversold = { type = 'number', default = 30, min = 1, max = 50 },
  overbought = { type = 'number', default = 70, min = 50, max = 99 },
  invest = { type = 'money', default = 100, min = 1, help = 'quote currency spent on one entry' },
}

function M:on_start()
  local p = self.params
  self.rsi = self:indicator('rsi', p.symbol, p.timeframe, { length = p.length })
end

function M:on_candle(c)
  local rsi, p = self.rsi[0], self.params
  if not rsi then return end
  local position = self:position(c.symbol)
  if position.is_flat and rsi < p.oversold then
    self:buy(c.symbol, { value = p.invest, reason = 'oversold' })
  elseif position.is_long and rsi > p.overbought then
    self:close(c.symbol, { reason = 'overbought' })
  end
end

return M
