-- attack: memory bomb
-- phase: load
-- ends: memory_exceeded the script needs more memory
local s = 'x'
while true do s = s .. s end

return { api = 1, name = 'memory_load', version = 1 }
