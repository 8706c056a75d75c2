--- Which entries should rest, and the asks that make it so.
-- `settle` works out the wanted entries, nearest first, as if nothing rested, and compares them
-- with the slots in `self.state.entries` (side, level, id, price, count). As long as the close
-- stays in the band `self.calm` and nothing else happens, the answer is the same and nothing is to
-- be done; whatever would change the answer narrows the band.
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

-- The answer may be another one when the close passes `price`.
local function ends_at(calm, price, close)
  if price > close then
    price = price * (1 - HAIR)
    if price < calm.high then calm.high = price end
  else
    price = price * (1 + HAIR)
    if price > calm.low then calm.low = price end
  end
end

--- The next close is looked at, whatever it is.
function M.wake(self)
  self.calm.low = math.huge
end

local function find(list, side_name, level)
  for i = 1, #list do
    local entry = list[i]
    if entry.level == level and entry.side == side_name then return entry end
  end
end

-- Beside a position only what adds to it rests, and nothing while it is being closed.
local function may_enter(self, side, view)
  local p, state = self.params, self.state
  if p.direction ~= 'long-short' and p.direction ~= side.name then return false end
  if state.adx[1] == side.against or state.exits[side.name] then return false end
  if view.quantity == 0 then return true end
  if self.held_side ~= side then return false end
  local limit = p.overbought * self.notional_sum
  ends_at(view.calm, limit / view.quantity, view.close)
  return view.quantity * view.close <= limit
end

-- A level of the grid with an amount, where no lot of the side is open yet.
local function can_rest(self, side, level, own)
  if level < 1 or level > self.levels.count or self.notional[level] == 0 then return false end
  local lots = self.state.lots
  for i = 1, #lots do
    local lot = lots[i]
    local is_own = own and own.started and lot.entry == own.id
    if lot.at == level and lot.side == side.name and not is_own then return false end
  end
  return true
end

-- Prices an entry keeps its distance from, nearest to the market first.
local function insert_sorted(prices, price, sign)
  local i = #prices
  while i > 0 and (price - prices[i]) * sign > 0 do
    prices[i + 1] = prices[i]
    i = i - 1
  end
  prices[i + 1] = price
end

local function lot_prices(lots, side)
  local prices = {}
  for i = 1, #lots do
    if lots[i].side == side.name then insert_sorted(prices, lots[i].price, side.sign) end
  end
  return prices
end

local function keep_distance(p, side, price, others)
  local reentry = p.reentry
  for i = 1, #others do
    local other = others[i]
    local distance = price - other
    if distance < reentry * other and -distance < reentry * other then
      price = other * (1 - side.sign * reentry)
    end
  end
  return price
end

-- An entry too far from the market moves half way to it, and so follows every close.
local function keep_near(p, side, price, view)
  local share = 1 - side.sign * p.clamp
  if (price - share * view.close) * side.sign < 0 then
    view.calm.low = math.huge
    return (price + view.close) / 2
  end
  ends_at(view.calm, price / share, view.close)
  return price
end

-- The quantity a level buys at a price, in whole lots; nil where that is too little.
local function level_count(self, level, price)
  local instrument = self.instrument_facts
  local count = sizing.lots(instrument, self.notional[level], price)
  local is_enough = count * instrument.lot * price >= instrument.min_notional
  if count >= self.min_count and is_enough then return count end
  if not self.noticed[level] then
    self.noticed[level] = true
    local text = string.format('level %d is below the smallest order and is left out', level)
    self:notify(text, { level = 'warn' })
  end
end

-- An entry that has filled in part stays as it is.
local function priced(self, side, level, own, others, view)
  if own and own.started then return own.price, own.count end
  local price = keep_distance(self.params, side, self.levels[level], others)
  price = keep_near(self.params, side, price, view)
  price = self.instrument_facts:round_price(price, side.enter_rounding)
  return price, level_count(self, level, price)
end

local function is_duplicate(p, price, taken)
  for i = 1, #taken do
    local distance = price - taken[i]
    local least = p.duplicate * taken[i]
    if distance <= least and -distance <= least then return true end
  end
  return false
end

-- Position, nearer entries and this one together stay below the cap.
local function exceeds_cap(self, view, planned)
  local cap = self.params.notional_cap * self.notional_sum
  if view.quantity > 0 then ends_at(view.calm, (cap - planned) / view.quantity, view.close) end
  return view.quantity * view.close + planned > cap
end

local function add_side(self, side, view)
  local p, wanted, taken = self.params, view.wanted, view.taken
  local others, planned = lot_prices(self.state.lots, side), 0
  for step = 1, p.depth do
    local level = self.state.r - side.sign * step
    local own = find(self.state.entries, side.name, level)
    local price, count
    if can_rest(self, side, level, own) then
      price, count = priced(self, side, level, own, others, view)
    end
    if count then
      insert_sorted(others, price, side.sign)
      local value = count * self.instrument_facts.lot * price
      if not is_duplicate(p, price, taken) and not exceeds_cap(self, view, planned + value) then
        planned = planned + value
        taken[#taken + 1] = price
        wanted[#wanted + 1] = { side = side.name, level = level, price = price, count = count }
      end
    end
  end
end

local function work_out(self, close)
  local state, levels, calm = self.state, self.levels, self.calm
  calm.low, calm.high = -math.huge, math.huge
  local inner, outer = levels[state.r - 1], levels[state.r + 1]
  if inner then ends_at(calm, inner, close) end
  if outer then ends_at(calm, outer, close) end
  ends_at(calm, levels[1], close)
  ends_at(calm, levels[levels.count], close)
  if self.earned_price then ends_at(calm, self.earned_price, close) end

  local wanted, taken = {}, {}
  if self.is_adrift then return wanted end
  for i = 1, #state.lots do taken[#taken + 1] = state.lots[i].tp_price end
  local view = {
    close = close, calm = calm, wanted = wanted, taken = taken, quantity = self.held_quantity,
  }
  for _, side in ipairs(sides.order) do
    if may_enter(self, side, view) then add_side(self, side, view) end
  end
  return wanted
end

-- The slot stays until the order has ended, so that no second one is placed beside it.
local function withdraw(self, slot)
  if slot.leaving then return end
  slot.leaving = true
  self:cancel(slot.id)
end

function M.withdraw_side(self, side)
  for _, slot in ipairs(self.state.entries) do
    if slot.side == side.name then withdraw(self, slot) end
  end
end

local function place(self, entry)
  entry.id = self:place(self.params.symbol, {
    side = sides[entry.side].enter, price = entry.price,
    quantity = self.instrument_facts:quantity(entry.count),
    tag = 'entry', reason = 'entry_' .. entry.level,
  })
  if entry.id then
    table.insert(self.state.entries, entry)
    table.insert(self.asked, entry)
  else
    M.wake(self) -- refused for now: ask again at the next close
  end
end

-- A resting entry is moved only when its price has become another one.
local function amend(self, slot, entry)
  local is_same = math.abs(entry.price - slot.price) <= self.params.same_price * slot.price
  if slot.leaving or is_same then return end
  slot.price, slot.count = entry.price, entry.count
  self:amend(slot.id, {
    price = slot.price, quantity = self.instrument_facts:quantity(slot.count),
  })
end

--- Makes what rests what should rest: withdrawals first, then long before short, nearest first.
function M.settle(self, close)
  local slots = self.state.entries
  local wanted = work_out(self, close)
  self.asked = {} -- entries placed in this handler
  for i = 1, #slots do
    local slot = slots[i]
    if not find(wanted, slot.side, slot.level) then withdraw(self, slot) end
  end
  for i = 1, #wanted do
    local entry = wanted[i]
    local slot = find(slots, entry.side, entry.level)
    if slot then
      amend(self, slot, entry)
    elseif not self.state.margin_wait then
      place(self, entry)
    end
  end
end

-- No new entry for now: what rests stays, what was asked for after the refused one goes again.
local function wait_for_margin(self, refused)
  local is_later = false
  for _, slot in ipairs(self.asked or {}) do
    if is_later then withdraw(self, slot) end
    is_later = is_later or slot == refused
  end
  if self.state.margin_wait then return end
  self.state.margin_wait = true
  local text = self.params.symbol .. ': not enough margin, no entries for now'
  self:notify(text, { level = 'warn' })
end

--- An entry order has changed: one that has ended frees its slot.
function M.changed(self, o, has_ended)
  local slots = self.state.entries
  local slot = lot_tools.find(slots, 'id', o.id)
  if not slot then return end
  if o.code == 'insufficient_margin' then wait_for_margin(self, slot) end
  if not has_ended then
    slot.price = o.price or slot.price
    slot.count = self.instrument_facts:lots(o.quantity)
    M.wake(self) -- a refused amendment is asked again
    return
  end
  lot_tools.remove(slots, slot)
  local lot = lot_tools.find(self.state.lots, 'entry', o.id)
  if lot then lot.entry = nil end
  M.wake(self)
end

return M
