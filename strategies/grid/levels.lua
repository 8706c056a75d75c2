--- The lines of the grid: a centre that follows the price, and lines on both sides whose distance
--- follows the range of the price.
-- `levels[k]` is the price of line k, 0 to count + 1, ascending. Entries rest on 1 to count; the
-- outer two only bound the grid. All is smoothed, so the lines move slowly and never jump.
local M = {}

local floor, max, min = math.floor, math.max, math.min

local REPLAY_PER_SMOOTHING = 40 -- bars after which an average no longer shows where it began

function M.new(p)
  local count, centre = p.grid_num, floor(p.grid_num / 2) + 1
  local reach = {} -- how far a line may stray from the centre, as a share of it
  for k = 1, count do reach[k] = min(p.max_gap * math.abs(k - centre), p.max_gap_cap) end
  return { params = p, count = count, centre = centre, reach = reach, smoothed = {} }
end

--- How many stored bars are enough to draw the lines again.
function M.replay_length(p)
  return REPLAY_PER_SMOOTHING * (p.smoothing + 1)
end

-- Smoothing may lay neighbours on each other: from the centre outwards each is pushed off the last.
local function spread(levels, p)
  local count, centre, smoothed = levels.count, levels.centre, levels.smoothed
  local factor = 1 + p.min_gap
  local inner = smoothed[centre]
  levels[centre] = inner
  for k = centre + 1, count do
    local level = smoothed[k]
    if level <= inner then level = inner * factor end
    levels[k], inner = level, level
  end
  inner = smoothed[centre]
  for k = centre - 1, 1, -1 do
    local level = smoothed[k]
    if level >= inner then level = inner / factor end
    levels[k], inner = level, level
  end
  levels[0] = levels[1] * (1 - p.outer_step)
  levels[count + 1] = levels[count] * (1 + p.outer_step)
end

--- One more closed bar: the price of the centre line and the mean range.
function M.push(levels, centre_price, range)
  local p, centre, reach, smoothed = levels.params, levels.centre, levels.reach, levels.smoothed
  local weight, min_gap = 2 / (p.smoothing + 1), p.min_gap
  range = max(range, p.atr_floor * centre_price)
  local is_first = levels.line == nil
  levels.line = is_first and centre_price or levels.line + weight * (centre_price - levels.line)
  levels.range = is_first and range or levels.range + weight * (range - levels.range)

  local line = levels.line
  local spacing = (p.band * p.band_step * line + p.atr_multiplier * levels.range) / 2
  local previous
  for k = 1, levels.count do
    local distance = k - centre
    local plain = line + distance * spacing
    local level, farthest = plain, reach[k] * centre_price
    if plain - centre_price > farthest or centre_price - plain > farthest then
      level = centre_price + (distance < 0 and -farthest or farthest)
    end
    if previous and distance ~= 0 then
      local gap = (plain - previous) / previous
      if gap >= 0 and gap < min_gap then
        level = previous * (1 + min_gap)
      elseif gap < 0 and gap > -min_gap then
        level = previous * (1 - min_gap)
      end
    end
    smoothed[k] = is_first and level or smoothed[k] + weight * (level - smoothed[k])
    previous = level
  end
  spread(levels, p)
end

--- The highest line below a price, -1 where none is.
function M.below(levels, price)
  local low, high = -1, levels.count + 1
  while low < high do
    local middle = floor((low + high + 1) / 2)
    if levels[middle] < price then low = middle else high = middle - 1 end
  end
  return low
end

--- The line nearest to a price, the lower one of two as near.
function M.nearest(levels, price)
  local below = M.below(levels, price)
  if below < 0 then return 0 end
  local above = levels[below + 1]
  return above and above - price < price - levels[below] and below + 1 or below
end

--- The line that the price crossed last, given the one it crossed before. Between two lines it
--- stays what it was, so that a price that trembles on a line does not move the grid.
function M.reference(levels, before, price)
  local below = M.below(levels, price)
  local crossed = min(max(before or M.nearest(levels, price), below), below + 1)
  return max(0, min(crossed, levels.count + 1))
end

return M
