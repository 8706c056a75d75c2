LJ-- attack: compiled code
-- phase: load
-- ends: bad_syntax compiled code; scripts are text
