-- The facts of symbols, for files of candles and the paper venue. A row that is missing here can be
-- added here; `tradingboost backtest` overrides three of them by --tick --lot --min.
--
--   kind          'perpetual' or 'spot'
--   base, quote   the two currencies; profit is in the quote
--   tick, lot     steps of price and quantity (quantities are in the base currency)
--   min_quantity  smallest order, default one lot; max_quantity, min_notional: 0 is none
--   contract      base units of one contract of the venue
--   maintenance   maintenance margin rate
--   max_leverage  1 on spot
return {
  ['BTC-USDT-SWAP'] = {
    kind = 'perpetual', base = 'BTC', quote = 'USDT',
    tick = 0.1, lot = 0.0001, contract = 0.01, maintenance = 0.005, max_leverage = 125,
  },
  ['ETH-USDT-SWAP'] = {
    kind = 'perpetual', base = 'ETH', quote = 'USDT',
    tick = 0.01, lot = 0.001, contract = 0.1, maintenance = 0.005, max_leverage = 100,
  },
  ['SOL-USDT-SWAP'] = {
    kind = 'perpetual', base = 'SOL', quote = 'USDT',
    tick = 0.01, lot = 0.01, contract = 1, maintenance = 0.005, max_leverage = 50,
  },
  ['XRP-USDT-SWAP'] = {
    kind = 'perpetual', base = 'XRP', quote = 'USDT',
    tick = 0.0001, lot = 1, contract = 100, maintenance = 0.005, max_leverage = 50,
  },
  ['DOGE-USDT-SWAP'] = {
    kind = 'perpetual', base = 'DOGE', quote = 'USDT',
    tick = 0.00001, lot = 10, contract = 1000, maintenance = 0.005, max_leverage = 50,
  },
  ['BTC-USDT'] = {
    kind = 'spot', base = 'BTC', quote = 'USDT', tick = 0.1, lot = 0.00001, min_notional = 1,
  },
  ['ETH-USDT'] = {
    kind = 'spot', base = 'ETH', quote = 'USDT', tick = 0.01, lot = 0.0001, min_notional = 1,
  },
  ['SOL-USDT'] = {
    kind = 'spot', base = 'SOL', quote = 'USDT', tick = 0.01, lot = 0.001, min_notional = 1,
  },
  ['BTC-USD'] = {
    kind = 'spot', base = 'BTC', quote = 'USD', tick = 0.01, lot = 0.00000001, min_notional = 1,
  },
}
