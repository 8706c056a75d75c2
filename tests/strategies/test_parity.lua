-- One order, three ways: directly, with every message between engine and host as bytes, and with a
-- random delay before each answer, the orders files are equal to the byte; so are two equal runs.
package.path = arg[2] .. '/tests/strategies/?.lua;' .. package.path
local drive = require 'drive'

local cases = {
  { 'rsi', '1m', 'length=7' }, { 'rsi', '15m', '' },
  { 'hyperrsi', '5m', '' }, { 'hyperrsi', '1m', 'use_sl=true sl_value=1 trailing_start_point=tp1' },
  { 'grid', '1m', '' }, { 'grid', '1m', 'direction=long grid_num=40 leverage=5 stop_loss=5' },
}
local ways = { '--host direct', '--host direct', '--host bytes', '--host delayed --seed 1', '--host delayed --seed 2' }

local function orders_of(case, data, way)
  local file = drive.temporary('.csv')
  local settings = case[3]:gsub('%S+', '--set %0')
  local status, printed, complained = drive.run(('backtest %s --data %s --timeframe %s %s %s --orders %s --quiet --json')
    :format(case[1], data, case[2], settings, way, file))
  local text = status == 0 and drive.read(file)
  os.remove(file)
  return text, status ~= 0 and complained or printed
end

for _, which in ipairs { 'week', 'perp' } do
  for _, case in ipairs(cases) do
    local name = ('%s %s %s on the %s'):format(case[1], case[2], case[3], which)
    if not drive.exists(drive.data[which]) then
      drive.skip(name, 'the candles are not here')
    else
      local first, why = orders_of(case, drive.data[which], ways[1])
      if not first then
        drive.fail(name, why)
      elseif #drive.rows(first) < 4 then
        drive.fail(name, 'too few fills to compare')
      else
        local equal = true
        for i = 2, #ways do
          local again, complaint = orders_of(case, drive.data[which], ways[i])
          if again ~= first then
            equal = false
            drive.fail(name .. ' ' .. ways[i], again and 'the orders file differs' or complaint)
          end
        end
        if equal then drive.pass(name) end
      end
    end
  end
end

drive.finish()
