-- attack: a global function
-- phase: load
-- ends: script_fault global 'helper' was never declared
function helper() end

return { api = 1, name = 'global_function', version = 1 }
