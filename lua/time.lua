--- Time: lengths of timeframes, their boundaries, and the UTC fields of a time in milliseconds.

local time = {}

local floor = math.floor

local UNITS = { m = 60000, h = 3600000, d = 86400000, w = 604800000 }
local DAY = UNITS.d

--- The length of a timeframe such as '15m' in milliseconds.
---@param timeframe string
---@return integer
function time.span(timeframe)
  local count, unit = tonumber(timeframe:sub(1, -2)), UNITS[timeframe:sub(-1)]
  if not unit or not count or count < 1 or count ~= floor(count) then
    error('not a timeframe: ' .. timeframe, 2)
  end
  return count * unit
end

--- The open time of the bar that `ms` lies in (UTC-aligned).
---@param ms integer
---@param timeframe string
---@return integer
function time.open(ms, timeframe)
  return ms - ms % time.span(timeframe)
end

--- The first boundary of the timeframe after `ms`.
---@param ms integer
---@param timeframe string
---@return integer
function time.next(ms, timeframe)
  return time.open(ms, timeframe) + time.span(timeframe)
end

-- Year, month and day of a count of days since 1970-01-01, by years that begin in March, so that the
-- leap day is a year's last.
local function date(days)
  local shifted = days + 719468
  local era = floor(shifted / 146097)
  local of_era = shifted - era * 146097
  local year = floor((of_era - floor(of_era / 1460) + floor(of_era / 36524)
    - floor(of_era / 146096)) / 365)
  local of_year = of_era - (365 * year + floor(year / 4) - floor(year / 100))
  local month = floor((5 * of_year + 2) / 153)
  local day = of_year - floor((153 * month + 2) / 5) + 1
  month = month < 10 and month + 3 or month - 9
  return year + era * 400 + (month <= 2 and 1 or 0), month, day
end

--- The UTC fields of a time: year, month, day, hour, minute, second, ms, weekday (1 is Monday).
---@param ms integer
---@return table
function time.fields(ms)
  local days = floor(ms / DAY)
  local rest = ms - days * DAY
  local year, month, day = date(days)
  return {
    year = year,
    month = month,
    day = day,
    hour = floor(rest / UNITS.h),
    minute = floor(rest / UNITS.m) % 60,
    second = floor(rest / 1000) % 60,
    ms = rest % 1000,
    weekday = (days + 3) % 7 + 1,
  }
end

return time
