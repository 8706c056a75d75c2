--- What the grid holds, lot by lot, each with its own take-profit.
-- A lot: side; level (where it was opened, names it in reasons); at (the line it belongs to now,
-- nil outside the grid); price (average fill); count (whole lots of the instrument); entry (its
-- order, while more of it may come); tp, tp_price (its take-profit, while one rests).
-- Oldest first, in `self.state.lots`.
local level_tools = require './levels'

local M = {}

--- More of an order that has filled in part: the lot grows, its price is the average.
function M.grow(lot, count, price)
  lot.price = (lot.price * lot.count + price * count) / (lot.count + count)
  lot.count = lot.count + count
end

function M.find(lots, field, value)
  for i = 1, #lots do
    if lots[i][field] == value then return lots[i] end
  end
end

function M.remove(lots, lot)
  for i = 1, #lots do
    if lots[i] == lot then return table.remove(lots, i) end
  end
end

--- The lot of a side whose way out lies nearest to a price, the older of two as near.
function M.nearest(lots, side_name, price)
  local best, least
  for i = 1, #lots do
    local lot = lots[i]
    if lot.side == side_name then
      local distance = math.abs((lot.tp_price or lot.price) - price)
      if not best or distance < least then best, least = lot, distance end
    end
  end
  return best
end

--- Lots held, those of shorts counted negative.
function M.net(lots)
  local net = 0
  for i = 1, #lots do
    net = net + (lots[i].side == 'long' and lots[i].count or -lots[i].count)
  end
  return net
end

--- The lines have moved: each lot belongs to the one nearest to the price it was opened at.
function M.assign(lots, levels)
  local lowest, highest = levels[0], levels[levels.count + 1]
  for i = 1, #lots do
    local lot = lots[i]
    local is_inside = lot.price >= lowest and lot.price <= highest
    lot.at = is_inside and level_tools.nearest(levels, lot.price) or nil
  end
end

return M
