-- 2,000 slow connections grow the p99 of others by at most 2 ms.
package.path = (arg[2] or '.') .. '/tests/integration/gateway/?.lua;' .. package.path
local client = require 'client'
client.start()
local status = os.execute(('%s %d 2000'):format((arg[1]:gsub('gateway_server$', 'gateway_slow')), client.port))
client.check('2,000 slow connections', status == 0)
local _, figures = client.ask('GET', '/metrics')
client.check('all were there at once, or it was skipped', tonumber(figures:match('http_connections_most (%d+)')) > 0)
client.finish()
