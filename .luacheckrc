-- Strategies and the library know the names of the sandbox and no others (docs/reference/script-api.md).
max_line_length = 160
cache = false

stds.sandbox = {
  read_globals = {
    'assert', 'error', 'ipairs', 'next', 'pairs', 'pcall', 'require', 'select', 'setmetatable', 'getmetatable',
    'tonumber', 'tostring', 'type', 'unpack', 'ta',
    math = {
      fields = {
        'abs', 'acos', 'asin', 'atan', 'atan2', 'ceil', 'cos', 'cosh', 'deg', 'exp', 'floor', 'fmod', 'frexp',
        'huge', 'ldexp', 'log', 'log10', 'max', 'min', 'modf', 'pi', 'pow', 'rad', 'random', 'sin', 'sinh', 'sqrt',
        'tan', 'tanh',
      },
    },
    table = { fields = { 'concat', 'insert', 'remove', 'sort' } },
    bit = {
      fields = {
        'arshift', 'band', 'bnot', 'bor', 'bswap', 'bxor', 'lshift', 'rol', 'ror', 'rshift', 'tobit', 'tohex',
      },
    },
    json = { fields = { 'encode', 'decode' } },
    string = {
      fields = {
        'byte', 'char', 'find', 'format', 'len', 'lower', 'rep', 'reverse', 'split', 'starts', 'sub', 'trim', 'upper',
      },
    },
  },
}

std = 'luajit'
files['strategies'] = { std = 'sandbox' }
files['lua'] = { std = 'sandbox' }
files['lua/types'] = { std = 'sandbox', ignore = { '1', '2', '6' } } -- declarations, never run
files['lua/host'] = { std = 'luajit' }
exclude_files = { 'build', 'tests/attacks' } -- hostile on purpose
