-- reference: what is kept in docs/reference and lua/types is what this program writes.
package.path = arg[2] .. '/tests/strategies/?.lua;' .. package.path
local drive = require 'drive'

local function lines_of(command)
  local lines = {}
  local p = io.popen(command)
  for line in p:lines() do lines[#lines + 1] = line end
  p:close()
  return lines
end

local folder = os.tmpname()
os.remove(folder)
local status, _, complained = drive.run('reference ' .. folder)
if status ~= 0 then
  drive.fail('reference', complained)
  drive.finish()
end

local written = lines_of(('cd %s && find . -type f | sort'):format(folder))
if #written < 6 then drive.fail('pages', 'only ' .. #written) else drive.pass('pages') end
for _, name in ipairs(written) do
  local kept = drive.source .. '/' .. name
  if not drive.exists(kept) then
    drive.fail(name, 'it is not kept: run make reference')
  elseif drive.read(kept) ~= drive.read(folder .. '/' .. name) then
    drive.fail(name, 'it is not what the program writes: run make reference')
  else
    drive.pass(name)
  end
end

-- Where nothing can be written it says so.
status, _, complained = drive.run('reference /proc/none')
if status == 1 and complained:find('/proc/none', 1, true) then
  drive.pass('a folder that cannot be made')
else
  drive.fail('a folder that cannot be made', complained)
end

os.execute('rm -r ' .. folder)
drive.finish()
