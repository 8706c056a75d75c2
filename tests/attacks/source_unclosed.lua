-- attack: a string without its end
-- phase: load
-- ends: bad_syntax unfinished string
return 'x
