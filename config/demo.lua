-- The demo: a recorded week of BTC/USDT, a minute of it in a tenth of a second, traded on paper by
-- two strategies beside each other. `tradingboost run` plays it; nothing leaves this machine.
--
-- Every setting, its default and its limits: docs/reference/settings.md.
return {
  -- Where the run is kept: stopped or killed, it goes on from there. `run --fresh` begins anew.
  data_dir = '../data/demo', -- relative to this file

  gateway = { port = 8000 }, -- HTTP on 127.0.0.1; `tradingboost token add` makes the tokens

  feed = {
    file = 'demo/btcusdt-1m.csv.gz', -- relative to this file
    symbol = 'BTC-USDT-SWAP',
    speed = 600, -- times real time
  },

  paper = {
    balance = 10000, -- of each activation, in the quote currency
    fee_taker = 0.0005,
    fee_maker = 0.0002,
    slippage = 0.0005,
  },

  activations = {
    { script = 'hyperrsi', params = { timeframe = '5m' } },
    { script = 'grid' },
  },
}
