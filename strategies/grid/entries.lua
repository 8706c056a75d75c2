--- Which entries should rest, and the asks that make it so.
-- `settle` works out the wanted set and compares it with what rests; between two calls nothing has
-- to be done as long as the close stays inside `self.calm`, the band in which the answer is equal.
local lot_tools = require './lots'
local sides = require './sides'
local sizing = require 'sizing'

local M = {}

local HAIR = 1e-9 -- the band ends this much earlier, so that rounding never hides a change

--- What each level may spend, leverage included, and the sum of all.
-- One amount holds for every level; a short list goes on by its last step, never below nothing.
function M.budget(p)
  local amounts = p.amounts
  local given = math.min(#amounts, p.grid_num)
  local step = given > 1 and amounts[given] - amounts[given - 1] or 0
  local notional, sum = {}, 0
  for k = 1, p.grid_num do
    local amount = p.amount
    if given > 0 then
      amount = k <= given and amounts[k] or math.max(0, amounts[given] + (k - given) * step)
    end
    notional[k] = amount * p.leverage
    sum = sum + notional[k]
  end
  return notional, sum
end

-- Passing `price` changes the answer: the calm band ends before it.
local function ends_at(calm, price, close)
  if price > close then
    calm.high = math.min(calm.high, price * (1 - HAIR))
  else
    calm.low = math.max(calm.low, price * (1 + HAIR))
  end
end

-- Only what adds to a position rests beside it, and not while the position is being closed.
local function may_enter(self, side, view)
  local p, state, position = self.params, self.state, view.position
  if p.direction ~= 'long-short' and p.direction ~= side.name then return false end
  if state.adx[1] == side.blocked or state.exits[side.name] then return false end
  if position.is_flat then return true end
  if position['is_' .. side.name] ~= true then return false end
  ends_at(view.calm, p.overbought * self.notional_sum / position.quantity, view.close)
  return position.quantity * view.close <= p.overbought * self.notional_sum
end

-- A level of the grid with an amount, where no lot of the side is open yet.
local function can_rest(self, side, level)
  if level < 1 or level > self.levels.count or self.notional[level] == 0 then return false end
  local own = self.state.entries[side.name][level]
  for _, lot in ipairs(self.state.lots) do
    local is_own = own and lot.entry == own.id
    if lot.side == side.name and lot.at == level and not is_own then return false end
  end
  return true
end

-- Prices that an entry keeps its distance from, nearest to the market first.
local function insert_sorted(prices, price, side)
  local i = #prices
  while i > 0 and (price - prices[i]) * side.sign > 0 do i = i - 1 end
  table.insert(prices, i + 1, price)
end

local function lot_prices(lots, side)
  local prices = {}
  for i = 1, #lots do
    if lots[i].side == side.name then insert_sorted(prices, lots[i].price, side) end
  end
  return prices
end

local function keep_distance(p, side, price, others)
  for i = 1, #others do
    local other = others[i]
    if math.abs(price - other) < p.reentry * other then
      price = other * (1 - side.sign * p.reentry)
    end
  end
  return price
end

-- An entry too far from the market moves half way to it; it then follows every close.
local function keep_near(p, side, price, view)
  local bound = 1 - side.sign * p.clamp
  if (price - bound * view.close) * side.sign < 0 then
    view.calm.low = math.huge
    return (price + view.close) / 2
  end
  ends_at(view.calm, price / bound, view.close)
  return price
end

local function is_duplicate(p, price, view)
  for i = 1, #view.taken do
    local other = view.taken[i]
    if math.abs(price - other) <= p.duplicate * other then return true end
  end
  return false
end

-- Position, nearer entries and this one together stay below the cap.
local function exceeds_cap(self, view, planned, value)
  local cap = self.params.notional_cap * self.notional_sum
  local held = view.position.quantity
  if held > 0 then ends_at(view.calm, (cap - planned - value) / held, view.close) end
  return held * view.close + planned + value > cap
end

local function notice_small(self, level)
  if self.state.too_small[level] then return end
  self.state.too_small[level] = true
  local text = string.format('level %d is less than the smallest order and is left out', level)
  self:notify(text, { level = 'warning' })
end

-- The quantity one level buys at a price, in whole lots; nil where that is too little.
local function level_count(self, level, price)
  local instrument = self.instrument_facts
  local quantity = sizing.quantity(instrument, self.notional[level], price)
  if quantity <= 0 or quantity < instrument.min_quantity then
    notice_small(self, level)
    return nil
  end
  return instrument:lots(quantity)
end

-- An entry that has filled in part stays as it is; any other is worked out as if nothing rested.
local function priced(self, side, level, others, view)
  local own = self.state.entries[side.name][level]
  if own and lot_tools.find(self.state.lots, 'entry', own.id) then return own.price, own.count end
  local price = keep_distance(self.params, side, self.levels[level], others)
  price = self.instrument_facts:round_price(keep_near(self.params, side, price, view), side.enter_rounding)
  return price, level_count(self, level, price)
end

local function add_side(self, side, view)
  local p, instrument = self.params, self.instrument_facts
  local others, planned = lot_prices(self.state.lots, side), 0
  for step = 1, p.depth do
    local level = self.state.r - side.sign * step
    if can_rest(self, side, level) then
      local price, count = priced(self, side, level, others, view)
      if count then
        insert_sorted(others, price, side)
        local value = instrument:quantity(count) * price
        if not is_duplicate(p, price, view) and not exceeds_cap(self, view, planned, value) then
          planned = planned + value
          view.taken[#view.taken + 1] = price
          view.wanted[#view.wanted + 1] = { side = side, level = level, price = price, count = count }
          view.is_wanted[side.name][level] = true
        end
      end
    end
  end
end

local function work_out(self, close)
  local state, levels = self.state, self.levels
  local view = {
    close = close, calm = self.calm, position = self:position(self.params.symbol),
    taken = {}, wanted = {}, is_wanted = { long = {}, short = {} },
  }
  self.calm.low, self.calm.high = -math.huge, math.huge
  local inner, outer = levels[state.r - 1], levels[state.r + 1]
  if inner then ends_at(self.calm, inner, close) end
  if outer then ends_at(self.calm, outer, close) end
  ends_at(self.calm, levels[1], close)
  ends_at(self.calm, levels[levels.count], close)
  if self.edge_price then ends_at(self.calm, self.edge_price, close) end
  if state.margin_wait or self.is_adrift then return view end
  for i = 1, #state.lots do view.taken[i] = state.lots[i].tp_price end
  for _, side in ipairs(sides.order) do
    if may_enter(self, side, view) then add_side(self, side, view) end
  end
  return view
end

--- Withdraws the entry of a slot. The slot stays until the order has ended, so that no second one
--- is placed beside it.
function M.withdraw(self, slot)
  if slot.leaving then return end
  slot.leaving = true
  self:cancel(slot.id)
end

function M.withdraw_side(self, side)
  for _, slot in pairs(self.state.entries[side.name]) do M.withdraw(self, slot) end
end

local function place(self, entry)
  local id = self:place(self.params.symbol, {
    side = entry.side.enter, price = entry.price,
    quantity = self.instrument_facts:quantity(entry.count),
    tag = 'entry', reason = 'entry_' .. entry.level,
  })
  if not id then
    self.calm.low = math.huge -- refused for now: ask again at the next close
    return
  end
  self.state.entries[entry.side.name][entry.level] =
    { id = id, price = entry.price, count = entry.count }
end

-- A resting entry is moved only when its price has become another one.
local function amend(self, slot, entry)
  local is_same = math.abs(entry.price - slot.price) <= self.params.same_price * slot.price
  if slot.leaving or is_same then return end
  slot.price, slot.count = entry.price, entry.count
  self:amend(slot.id, { price = slot.price, quantity = self.instrument_facts:quantity(slot.count) })
end

--- Makes what rests what should rest: withdrawals first, then long before short, nearest first.
function M.settle(self, close)
  local entries = self.state.entries
  local view = work_out(self, close)
  for _, side in ipairs(sides.order) do
    for level, slot in pairs(entries[side.name]) do
      if not view.is_wanted[side.name][level] then M.withdraw(self, slot) end
    end
  end
  for _, entry in ipairs(view.wanted) do
    local slot = entries[entry.side.name][entry.level]
    if slot then amend(self, slot, entry) else place(self, entry) end
  end
end

--- The slot of an order, with its side and level.
function M.find(self, id)
  for _, side in ipairs(sides.order) do
    for level, slot in pairs(self.state.entries[side.name]) do
      if slot.id == id then return slot, side, level end
    end
  end
end

return M
