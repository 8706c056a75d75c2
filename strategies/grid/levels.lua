--- The lines of the grid: a centre that follows the price, and lines on both sides whose distance
--- follows the range of the price.
-- `levels[k]` is the price of line k, 0 to count + 1; entries rest on 1 to count, the outer two
-- only bound the grid. All of it is smoothed, so the lines move slowly and never jump.
local M = {}

local REPLAY_PER_SMOOTHING = 40 -- bars after which an average no longer shows where it began

local function smooth(previous, value, weight)
  return previous and previous + weight * (value - previous) or value
end

function M.new(p)
  return {
    params = p,
    count = p.grid_num,
    centre = math.floor(p.grid_num / 2) + 1,
    weight = 2 / (p.smoothing + 1),
    smoothed = {},
  }
end

--- How many stored bars are enough to build the lines again.
function M.replay_length(p)
  return REPLAY_PER_SMOOTHING * (p.smoothing + 1)
end

-- A line keeps within reach of the centre: the farther out it lies, the more it may stray.
local function within_reach(p, level, centre_price, distance)
  local reach = math.min(p.max_gap * math.abs(distance), p.max_gap_cap)
  if math.abs(level - centre_price) <= reach * centre_price then return level end
  return centre_price * (1 + (distance < 0 and -reach or reach))
end

-- Smoothing may leave neighbours on each other: from the centre outwards each is pushed off the last.
local function spread(levels, p)
  local count, centre, smoothed = levels.count, levels.centre, levels.smoothed
  local factor = 1 + p.min_gap
  levels[centre] = smoothed[centre]
  for k = centre + 1, count do
    local inner, level = levels[k - 1], smoothed[k]
    levels[k] = level > inner and level or inner * factor
  end
  for k = centre - 1, 1, -1 do
    local inner, level = levels[k + 1], smoothed[k]
    levels[k] = level < inner and level or inner / factor
  end
  levels[0] = levels[1] * (1 - p.outer_step)
  levels[count + 1] = levels[count] * (1 + p.outer_step)
end

--- One more closed bar: the price of the centre line and the mean range.
function M.push(levels, centre_price, range)
  local p, weight, smoothed = levels.params, levels.weight, levels.smoothed
  levels.line = smooth(levels.line, centre_price, weight)
  levels.range = smooth(levels.range, math.max(range, p.atr_floor * centre_price), weight)
  local spacing = p.band * p.band_step * levels.line / 2 + p.atr_multiplier * levels.range / 2
  local previous
  for k = 1, levels.count do
    local distance = k - levels.centre
    local plain = levels.line + distance * spacing
    local level = within_reach(p, plain, centre_price, distance)
    if previous and distance ~= 0 then
      local gap = (plain - previous) / previous
      if math.abs(gap) < p.min_gap then
        level = previous * (1 + (gap < 0 and -p.min_gap or p.min_gap))
      end
    end
    smoothed[k] = smooth(smoothed[k], level, weight)
    previous = level
  end
  spread(levels, p)
end

--- The highest line below a price, -1 where none is.
function M.below(levels, price)
  for k = levels.count + 1, 0, -1 do
    if levels[k] < price then return k end
  end
  return -1
end

--- The line nearest to a price, the lower one of two as near.
function M.nearest(levels, price)
  local best, least = 0, math.huge
  for k = 0, levels.count + 1 do
    local distance = math.abs(levels[k] - price)
    if distance < least then best, least = k, distance end
  end
  return best
end

--- The line that the price crossed last, given the one it crossed before. Between two lines it
--- stays what it was, so that a price that trembles on a line does not move the grid.
function M.reference(levels, before, price)
  local below = M.below(levels, price)
  local r = math.min(math.max(before or M.nearest(levels, price), below), below + 1)
  return math.max(0, math.min(r, levels.count + 1))
end

return M
