-- attack: a script that requires itself
-- phase: load
-- ends: script_fault it is loading already, a cycle
local x = require './init'

return { api = 1, name = 'require_self', version = 1 }
