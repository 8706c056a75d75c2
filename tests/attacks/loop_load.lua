-- attack: endless loop
-- phase: load
-- ends: deadline_exceeded took longer than its
while true do end

return { api = 1, name = 'loop_load', version = 1 }
