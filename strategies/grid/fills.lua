--- What a fill does to the lots and to what rests for them, by the tag of its order.
local exits = require './exits'
local lot_tools = require './lots'
local sides = require './sides'

local M = {}

-- Takes a fill from the lots of a side, that with the nearest take-profit first; returns the rest.
local function reduce(self, side, count, price)
  local lots = self.state.lots
  while count > 0 do
    local lot = lot_tools.nearest(lots, side.name, price)
    if not lot then break end
    local part = math.min(count, lot.count)
    lot.count, count = lot.count - part, count - part
    if lot.count == 0 then exits.drop(self, lot) else exits.resize(self, lot) end
  end
  return count
end

-- Lots of the other side are closed before a new one is opened.
function M.entry(self, f, count)
  local state, side = self.state, sides.opened_by[f.side]
  state.last_entry = f.time
  count = reduce(self, sides[side.other], count, f.price)
  local slot = lot_tools.find(state.entries, 'id', f.order_id)
  if slot and not f.is_final then slot.started = true end
  if count == 0 then return end
  local lot = lot_tools.find(state.lots, 'entry', f.order_id)
  if lot then
    lot_tools.grow(lot, count, f.price)
    return exits.resize(self, lot)
  end
  local level = tonumber(string.sub(f.reason, #'entry_' + 1))
  lot = { side = side.name, level = level, at = level, price = f.price, count = count }
  if not f.is_final then lot.entry = f.order_id end
  table.insert(state.lots, lot)
  exits.place(self, lot)
end

function M.tp(self, f, count)
  local lots = self.state.lots
  self.state.margin_wait = nil
  local lot = lot_tools.find(lots, 'tp', f.order_id)
  if not lot then
    reduce(self, sides.closed_by[f.side], count, f.price)
    return
  end
  lot.count = lot.count - count
  if lot.count <= 0 then lot_tools.remove(lots, lot) end
end

function M.exit(self, f, count)
  self.state.margin_wait = nil
  reduce(self, sides.closed_by[f.side], count, f.price)
end

function M.stop(self, f, count)
  M.exit(self, f, count)
  if not self.state.completed then exits.complete(self, 'stop_loss') end
end

return M
