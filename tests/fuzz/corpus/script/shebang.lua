#!/usr/bin/lua
local a <const> = 1