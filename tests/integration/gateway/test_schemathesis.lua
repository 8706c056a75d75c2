-- The description against the server, by schemathesis (PyPI), where it is installed: what it sends
-- against the schemas is refused, and what it gets back is as described. That every valid body is
-- accepted is not asked: risk checks and scripts refuse some with a 422.
package.path = (arg[2] or '.') .. '/tests/integration/gateway/?.lua;' .. package.path
local client = require 'client'
local program = os.getenv('SCHEMATHESIS') or 'schemathesis'
if os.execute('command -v ' .. program .. ' >/dev/null') ~= 0 then
  print('SKIP schemathesis is not installed (pip install schemathesis)')
  os.exit(0)
end
client.start()
client.say 'play 100'
local status = os.execute(("cd %s && %s run http://127.0.0.1:%d/openapi.json -H 'Authorization: Bearer %s' --exclude-path-regex events --max-examples 30 --phases examples,coverage,fuzzing --exclude-checks positive_data_acceptance --request-timeout 10 >%s/out 2>&1")
  :format(client.folder, program, client.port, client.admin, client.folder))
if not client.check('schemathesis finds nothing', status == 0) then print(client.read(client.folder .. '/out')) end
client.finish()
