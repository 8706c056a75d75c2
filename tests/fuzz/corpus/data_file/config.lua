return {
  feed = { file = "demo/x.csv", symbol = "BTC-USDT-SWAP", speed = 600 },
  activations = {
    { script = "grid", balance = 10000, params = { leverage = 5, note = "a\"b" } },
    { script = "rsi" }, -- twice
  },
  limits = { memory_max = 2 * 1024 * 1024, ["asks max"] = 0x10 },
  [3] = false, [1] = nil,
}
