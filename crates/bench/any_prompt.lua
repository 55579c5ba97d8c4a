-- Asks for prompts in no order. PROMPTS says how many there are.
local prompts = tonumber(os.getenv("PROMPTS"))
math.randomseed(7)

function request()
  local number = math.random(0, prompts - 1)
  return wrk.format("GET", string.format("/api/prompts/prompt_%07d/production", number))
end
