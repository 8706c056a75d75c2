-- Equal, fill by fill, with the orders files of an independent implementation of the same text.
package.path = arg[2] .. '/tests/strategies/?.lua;' .. package.path
local drive = require 'drive'

local cases = {
  { 'hyperrsi-defaults-5m-week', 'hyperrsi', '5m', '' },
  { 'hyperrsi-defaults-1m-week', 'hyperrsi', '1m', '' },
  { 'hyperrsi-defaults-15m-perp', 'hyperrsi', '15m', '' },
  { 'hyperrsi-long-sl-dca-3m-perp', 'hyperrsi', '3m', 'direction=long entry_option=turn_cross rsi_length=7 use_sl=true sl_value=2 pyramiding_limit=4 pyramiding_value=0.5 entry_multiplier=1.5 entry_criterion=last_fill use_trend_logic=false tp1_value=0.5 tp2_value=1.5 tp3_value=3' },
  { 'hyperrsi-trailing-1m-perp', 'hyperrsi', '1m', 'entry_option=beyond trailing_start_point=tp1 trailing_stop_offset_value=0.1 tp1_value=0.5 tp2_value=1.5 use_sl=true use_sl_on_last=true sl_value=1 cooldown_time=900' },
  { 'hyperrsi-short-atr-5m-perp', 'hyperrsi', '5m', 'direction=short entry_option=turn tp_option=atr tp1_value=1 tp2_value=2.5 tp3_value=4 use_tp2=false use_break_even_tp2=false leverage=20 btc_investment=333' },
  { 'grid-defaults-week', 'grid', '1m', '' },
  { 'grid-defaults-perp', 'grid', '1m', '' },
  { 'grid-long-40-perp', 'grid', '1m', 'direction=long grid_num=40 leverage=5 stop_loss=5' },
  { 'grid-short-10-week', 'grid', '1m', 'direction=short grid_num=10 leverage=5 stop_loss=10' },
}

local function first_difference(ours, theirs)
  for i = 1, math.max(#ours, #theirs) do
    local a, b = ours[i], theirs[i]
    if not a or not b then
      return ('fill %d: ours %s, theirs %s'):format(i, a and a.line or 'none', b and b.line or 'none')
    end
    local same = a.time_ms == b.time_ms and a.symbol == b.symbol and a.side == b.side
      and a.type == b.type and a.quantity == b.quantity and a.reason == b.reason
      and math.abs(tonumber(a.price) - tonumber(b.price)) <= 1e-7
      and math.abs(tonumber(a.fee) - tonumber(b.fee)) <= 1e-7
    if not same then return ('fill %d:\n  ours   %s\n  theirs %s'):format(i, a.line, b.line) end
  end
end

for _, case in ipairs(cases) do
  local name, strategy, timeframe, sets = unpack(case)
  local data = drive.data[name:match('%-(%a+)$')]
  if not drive.exists(data) then
    drive.skip(name, 'the candles are not here: ' .. data)
  else
    local file = drive.temporary('.csv')
    local settings = sets:gsub('%S+', '--set %0')
    local status, _, complained = drive.run(('backtest %s --data %s --symbol BTC-USDT-SWAP --timeframe %s %s --orders %s --quiet')
      :format(strategy, data, timeframe, settings, file))
    if status ~= 0 then
      drive.fail(name, 'exit ' .. tostring(status) .. ': ' .. complained)
    else
      local ours = drive.rows(drive.read(file))
      local difference = first_difference(ours, drive.rows(drive.read(drive.source .. '/tests/strategies/orders/' .. name .. '.csv')))
      if difference then drive.fail(name, difference) else drive.pass(name .. ' ' .. #ours .. ' fills') end
    end
    os.remove(file)
  end
end

drive.finish()
