local row = { tick = 0.1, lot = 1e-4 }
return { BTC = row, ETH = row, list = { 1, 2, { 3 } } }
