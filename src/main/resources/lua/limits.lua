-- Charges limits on the clock of this server, group by group: all of a group or none. What is charged at once, and what a node takes to spend later (a lease),
-- is one entry: so many, usable until a moment. Sliding window: an entry counts for the window behind its end. Token bucket: an entry's
-- tokens are out of the bucket, and leave no room in it, until its end. So whenever within its time a lease is spent, no span sees too much.
--
-- KEYS: two for each limit (entries; the sum, or the bucket), and last the generation, where all keys are of one server.
-- ARGV: number of limits, the first micros of a generation in which nothing is granted; and for each limit whether it is the last of its
--   group (1, 0), kind (w, b), window in micros or tokens a micro, limit or burst, wanted, micros of the lease (0: used now), its id, whether its refusal
--   counts (1, 0), what was admitted without us, number of entries given back, and for each of those its size, its id, and how much of it was not used.
-- Answers micros of the generation's begin, whether nothing is granted yet, and for each limit what is granted, what is left, micros until
--   there is one again, micros until it is full again.

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local at = 0

local function argument()
  at = at + 1
  return ARGV[at]
end

local function number()
  return tonumber(argument())
end

local function text(value)
  return string.format('%.0f', value)
end

local function size(member)
  return tonumber(string.match(member, '^(%d+):'))
end

local count = number()
local warmup = number()

local generation = now
local warming = false
if #KEYS > 2 * count then
  local begun = redis.call('GET', KEYS[#KEYS])
  if begun then
    generation = tonumber(begun)
  else
    redis.call('SET', KEYS[#KEYS], text(now))
  end
  warming = now - generation < warmup
end

local function window(limit)
  local total = tonumber(redis.call('GET', limit.state) or '-1')
  if total < 0 then
    total = 0
    for _, member in ipairs(redis.call('ZRANGE', limit.entries, 0, -1)) do
      total = total + size(member)
    end
  end
  local over = text(now - limit.pace)
  local gone = redis.call('ZRANGEBYSCORE', limit.entries, '-inf', over)
  if #gone > 0 then
    for _, member in ipairs(gone) do
      total = total - size(member)
    end
    redis.call('ZREMRANGEBYSCORE', limit.entries, '-inf', over)
  end
  for _, back in ipairs(limit.back) do
    local member = back.size .. ':' .. back.id
    local score = redis.call('ZSCORE', limit.entries, member)
    if score then
      redis.call('ZREM', limit.entries, member)
      total = total - back.unused
      if back.size > back.unused then
        redis.call('ZADD', limit.entries, text(math.min(tonumber(score), now)), (back.size - back.unused) .. ':' .. back.id)
      end
    end
  end
  if limit.carried > 0 then
    redis.call('ZADD', limit.entries, text(now), limit.carried .. ':c' .. limit.id)
    total = total + limit.carried
  end
  limit.total = total
  limit.left = limit.most - total
  limit.wait = 0
  limit.full = 0
  -- The first one says when there is more; only where there is nothing it may take several.
  local oldest = redis.call('ZRANGE', limit.entries, 0, limit.left > 0 and 0 or 63, 'WITHSCORES')
  local freed = 0
  for i = 1, #oldest, 2 do
    freed = freed + size(oldest[i])
    limit.full = tonumber(oldest[i + 1]) + limit.pace - now
    if limit.left + freed > 0 then
      break
    end
  end
  if limit.left <= 0 then
    limit.wait = limit.full
  end
  limit.charge = function(granted)
    if granted > 0 then
      redis.call('ZADD', limit.entries, text(now + limit.lease), granted .. ':' .. limit.id)
      limit.total = limit.total + granted
      if limit.full == 0 then
        limit.full = limit.pace + limit.lease
      end
    end
    local keep = text(math.ceil((limit.pace + limit.lease) / 1000) + 1000)
    redis.call('SET', limit.state, text(limit.total), 'PX', keep)
    redis.call('PEXPIRE', limit.entries, keep)
  end
end

local function bucket(limit)
  local held = redis.call('HMGET', limit.state, 'tokens', 'at', 'out', 'until')
  local tokens = tonumber(held[1] or limit.most)
  local before = tonumber(held[2] or text(now))
  local out = tonumber(held[3] or '0')
  local last = tonumber(held[4] or '0')
  local function refill(micros, room)
    if micros > 0 then
      tokens = math.max(tokens, math.min(room, tokens + micros * limit.pace))
    end
  end
  if out > 0 and last > before then
    local middle = math.min(now, last)
    refill(middle - before, limit.most - out)
    refill(now - middle, limit.most)
  else
    refill(now - before, limit.most)
  end
  if out > 0 then
    for _, member in ipairs(redis.call('ZRANGEBYSCORE', limit.entries, '-inf', text(now))) do
      out = out - size(member)
    end
    redis.call('ZREMRANGEBYSCORE', limit.entries, '-inf', text(now))
  end
  for _, back in ipairs(limit.back) do
    if redis.call('ZREM', limit.entries, back.size .. ':' .. back.id) == 1 then
      out = out - back.size
      tokens = tokens + back.unused
    end
  end
  out = math.max(out, 0)
  tokens = math.max(-limit.most, math.min(tokens, limit.most - out) - limit.carried)
  limit.left = math.floor(tokens)
  limit.wait = 0
  if tokens < 1 then
    limit.wait = math.ceil((1 - tokens) / limit.pace)
  end
  limit.charge = function(granted)
    limit.full = math.ceil((limit.most - tokens + granted) / limit.pace)
    if granted > 0 and limit.lease > 0 then
      out = out + granted
      last = math.max(last, now + limit.lease)
      redis.call('ZADD', limit.entries, text(now + limit.lease), granted .. ':' .. limit.id)
    end
    local keep = text(math.ceil((2 * limit.most / limit.pace + limit.lease) / 1000) + 1000)
    redis.call('HSET', limit.state, 'tokens', string.format('%.6f', tokens - granted), 'at', text(now), 'out', text(out), 'until', text(last))
    redis.call('PEXPIRE', limit.state, keep)
    if out > 0 then
      redis.call('PEXPIRE', limit.entries, keep)
    end
  end
end

local answer = { generation, warming and 1 or 0 }
local group = {}
local admitted = not warming
for i = 1, count do
  local ends = number() == 1
  local kind = argument()
  local limit = {
    entries = KEYS[2 * i - 1],
    state = KEYS[2 * i],
    pace = number(),
    most = number(),
    wanted = number(),
    lease = number(),
    id = argument(),
    counts = number() == 1,
    carried = number(),
    back = {}
  }
  for n = 1, number() do
    limit.back[n] = { size = number(), id = argument(), unused = number() }
  end
  if kind == 'w' then
    window(limit)
  else
    bucket(limit)
  end
  if limit.counts and limit.wanted > 0 and limit.left < 1 then
    admitted = false
  end
  group[#group + 1] = limit
  if ends then
    -- Before the next group is looked at: it may be of the same limits.
    for _, charged in ipairs(group) do
      local granted = 0
      if admitted then
        granted = math.max(0, math.min(charged.wanted, charged.left))
      end
      charged.charge(granted)
      answer[#answer + 1] = granted
      answer[#answer + 1] = charged.left - granted
      answer[#answer + 1] = math.ceil(charged.wait)
      answer[#answer + 1] = math.ceil(charged.full)
    end
    group = {}
    admitted = not warming
  end
end
return answer
