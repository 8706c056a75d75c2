-- strategies/rsi.lua gives what a plain C loop, backtesting.py, backtrader and nautilus give.
package.path = arg[2] .. '/tests/strategies/?.lua;' .. package.path
local drive = require 'drive'

local cases = {
  { 'year', 1746, '999792.84', '158890' },
  { 'week', 27, '999988.61', '0' },
}

for _, case in ipairs(cases) do
  local which, trades, equity, missing = unpack(case)
  local data = drive.data[which]
  if not drive.exists(data) then
    drive.skip('rsi on the ' .. which, 'the candles are not here')
  else
    local status, printed, complained = drive.run(('backtest rsi --data %s --timeframe 1m --fee-taker 0.0005 --slippage 0 --tick 0.01 --lot 0.00000001 --min 0.00000001 --balance 1000000 --json --quiet')
      :format(data))
    local ours_trades = printed:match('"trades":(%d+)')
    local ours_equity = printed:match('"equity_end":([%d.]+)')
    local ours_missing = printed:match('"missing_bars":(%d+)')
    local rounded = ours_equity and ('%.2f'):format(tonumber(ours_equity))
    if status ~= 0 then
      drive.fail('rsi on the ' .. which, complained)
    elseif tonumber(ours_trades) ~= trades or rounded ~= equity or ours_missing ~= missing then
      drive.fail('rsi on the ' .. which, ('trades %s, equity %s, missing %s'):format(tostring(ours_trades), tostring(ours_equity), tostring(ours_missing)))
    else
      drive.pass(('rsi on the %s: %d trades, equity %s'):format(which, trades, equity))
    end
  end
end

drive.finish()
