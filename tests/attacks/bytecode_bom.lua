LJ-- attack: compiled code behind a byte order mark
-- phase: load
-- ends: bad_syntax cannot load malformed bytecode
