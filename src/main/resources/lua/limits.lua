-- Charges limits on the clock of this server, group by group: all of a group or none. What is charged at once, and what a node takes to spend later (a lease),
-- is one entry: so many, usable until a moment. Sliding window: an entry counts for the window behind its end. Token bucket: an entry's
-- tokens are out of the bucket, and leave no room in it, until its end. So whenever within its time a lease is spent, no span sees too much.
--
-- KEYS: two for each limit (entries, a sorted set by their ends; the state), and last the generation, where all keys are of one server.
--   The state of a window: the sum of its entries, the end of the first one (0: there is none), when both keys expire.
--   That of a bucket: its tokens, when there were so many, how many are out, when the last of those ends. Numbers as eight bytes each.
-- ARGV: the first micros of a generation in which nothing is granted; and for each limit a line: kind (w, b), window in micros or tokens a micro,
--   limit or burst, wanted, micros of the lease (0: used now), its id, whether its refusal counts (1, 0), whether it is the last of its group (1, 0).
--   Then, where there is any of it: what was admitted without us, and of each entry that is given back its size, its id, and how much of it was not used.
--   A group has no limit twice. A batch may, and then sees what was charged before: so states are read once, and written once at the end.
-- Answers micros of the generation's begin, whether nothing is granted yet, and for each limit what is granted, what is left, micros until
--   there is one again, micros until it is full again.
--
-- Redis serves nobody else meanwhile. Most of the time goes into calls, tables, and numbers that become text: so there are few of them.

local call, tonumber, match, format = redis.call, tonumber, string.match, string.format
local max, min, ceil, pack, unpacked = math.max, math.min, math.ceil, struct.pack, struct.unpack

local time = call('TIME')
local now = time[1] * 1000000 + time[2]
local now_text = format('%.0f', now)
local count = #ARGV - 1

local names = {}
for i = 1, count do
  names[i] = KEYS[2 * i]
end
names[count + 1] = KEYS[2 * count + 1]
local states = call('MGET', unpack(names))

local generation = now
local warming = false
if names[count + 1] then
  local begun = states[count + 1]
  if begun then
    generation = tonumber(begun)
  else
    call('SET', names[count + 1], now_text)
  end
  warming = now - generation < tonumber(ARGV[1])
end

local function size(member)
  return tonumber(match(member, '^(%d+):'))
end

local function add(limit, lease, number, id)
  local added = limit.added
  if not added then
    added = {}
    limit.added = added
  end
  added[#added + 1] = lease == 0 and now_text or format('%.0f', now + lease)
  added[#added + 1] = number .. ':' .. id
  if now + lease > limit.last then
    limit.last = now + lease
  end
end

-- Before entries are looked at.
local function flush(limit)
  if limit.added then
    call('ZADD', limit.entries, unpack(limit.added))
    limit.added = nil
  end
end

local function first(limit)
  return tonumber(call('ZRANGE', limit.entries, 0, 0, 'WITHSCORES')[2] or '0')
end

local window = {}

function window.new(entries, state, stored, pace, most)
  local limit = { of = window, entries = entries, state = state, pace = pace, most = most, last = 0, total = 0, first = 0, expires = 0 }
  if stored and #stored == 24 then
    limit.total, limit.first, limit.expires = unpacked('<ddd', stored)
  else
    window.count(limit)
  end
  window.tidy(limit)
  return limit
end

-- All that there is: where the state was lost, or is not that of these entries.
function window.count(limit)
  local all = call('ZRANGE', limit.entries, 0, -1, 'WITHSCORES')
  limit.total = 0
  limit.first = tonumber(all[2] or '0')
  limit.expires = 0
  for i = 1, #all, 2 do
    limit.total = limit.total + size(all[i])
  end
  -- So it is counted once.
  limit.changed = limit.total > 0
end

-- Entries that no window sees any more go.
function window.tidy(limit)
  local over = now - limit.pace
  local some = 2
  while limit.first > 0 and limit.first <= over do
    local entries = call('ZRANGE', limit.entries, 0, some - 1, 'WITHSCORES')
    if tonumber(entries[2] or '0') ~= limit.first then
      window.count(limit)
    else
      local gone = 0
      while gone < #entries / 2 and tonumber(entries[2 * gone + 2]) <= over do
        limit.total = limit.total - size(entries[2 * gone + 1])
        gone = gone + 1
      end
      call('ZREMRANGEBYRANK', limit.entries, 0, gone - 1)
      limit.changed = true
      limit.first = gone < some and tonumber(entries[2 * gone + 2] or '0') or first(limit)
      some = min(1000, 8 * some)
    end
  end
end

function window.back(limit, entry, id, unused)
  flush(limit)
  local member = entry .. ':' .. id
  local ends = call('ZSCORE', limit.entries, member)
  if ends then
    call('ZREM', limit.entries, member)
    limit.total = limit.total - unused
    if entry > unused then
      call('ZADD', limit.entries, tonumber(ends) < now and ends or now_text, (entry - unused) .. ':' .. id)
    end
    limit.first = first(limit)
    limit.changed = true
  end
end

function window.put(limit, lease, number, id)
  add(limit, lease, number, id)
  limit.total = limit.total + number
  limit.changed = true
  if limit.first == 0 then
    limit.first = now + lease
    limit.expires = 0
  elseif now + lease < limit.first then
    limit.first = now + lease
  end
end

function window.look(limit, carried, id)
  if carried > 0 then
    window.put(limit, 0, carried, 'c' .. id)
  end
  local left = limit.most - limit.total
  if left > 0 then
    return left, 0, limit.first > 0 and limit.first + limit.pace - now or 0
  end
  -- Several of them may have to go before there is any.
  flush(limit)
  local freed = 0
  local full = 0
  local entries = call('ZRANGE', limit.entries, 0, 63, 'WITHSCORES')
  for i = 1, #entries, 2 do
    freed = freed + size(entries[i])
    full = tonumber(entries[i + 1]) + limit.pace - now
    if left + freed > 0 then
      break
    end
  end
  return left, full, full
end

function window.charge(limit, granted, lease, id, full)
  if granted > 0 then
    window.put(limit, lease, granted, id)
    return full > 0 and full or limit.pace + lease
  end
  return full
end

function window.save(limit)
  flush(limit)
  local stay = limit.pace + max(limit.last - now, 0) + 1000000
  if limit.expires < now + stay then
    -- Somewhat longer: so most requests need not.
    stay = ceil(1.25 * stay / 1000)
    limit.expires = now + stay * 1000
    call('PEXPIRE', limit.entries, stay)
    call('SET', limit.state, pack('<ddd', limit.total, limit.first, limit.expires), 'PX', stay)
  else
    call('SET', limit.state, pack('<ddd', limit.total, limit.first, limit.expires), 'KEEPTTL')
  end
end

local bucket = {}

function bucket.new(entries, state, stored, pace, most)
  local limit = { of = bucket, entries = entries, state = state, pace = pace, most = most, last = 0, tokens = most, at = now, out = 0 }
  if stored and #stored == 32 then
    limit.tokens, limit.at, limit.out, limit.last = unpacked('<dddd', stored)
  end
  bucket.tidy(limit)
  return limit
end

function bucket.refill(limit, micros, room)
  if micros > 0 then
    limit.tokens = max(limit.tokens, min(room, limit.tokens + micros * limit.pace))
  end
end

-- Time stands still for a batch.
function bucket.tidy(limit)
  if limit.out > 0 and limit.last > limit.at then
    local middle = min(now, limit.last)
    bucket.refill(limit, middle - limit.at, limit.most - limit.out)
    bucket.refill(limit, now - middle, limit.most)
  else
    bucket.refill(limit, now - limit.at, limit.most)
  end
  limit.at = now
  limit.changed = true
  if limit.out > 0 then
    local gone = call('ZRANGEBYSCORE', limit.entries, '-inf', now_text)
    for i = 1, #gone do
      limit.out = limit.out - size(gone[i])
    end
    if #gone > 0 then
      call('ZREMRANGEBYRANK', limit.entries, 0, #gone - 1)
    end
    if limit.last <= now then
      -- Also those of entries that were lost.
      limit.out = 0
    end
  end
end

function bucket.back(limit, entry, id, unused)
  flush(limit)
  if call('ZREM', limit.entries, entry .. ':' .. id) == 1 then
    limit.out = limit.out - entry
    limit.tokens = limit.tokens + unused
  end
end

function bucket.look(limit, carried)
  limit.out = max(limit.out, 0)
  local tokens = max(-limit.most, min(limit.tokens, limit.most - limit.out) - carried)
  limit.tokens = tokens
  return math.floor(tokens), tokens < 1 and ceil((1 - tokens) / limit.pace) or 0, 0
end

function bucket.charge(limit, granted, lease, id)
  limit.tokens = limit.tokens - granted
  if granted > 0 and lease > 0 then
    limit.out = limit.out + granted
    add(limit, lease, granted, id)
  end
  return ceil((limit.most - limit.tokens) / limit.pace)
end

function bucket.save(limit)
  local stay = ceil((max(limit.last - now, 0) + 2 * limit.most / limit.pace) / 1000) + 1000
  if limit.added then
    flush(limit)
    call('PEXPIRE', limit.entries, stay)
  end
  call('SET', limit.state, pack('<dddd', limit.tokens, limit.at, limit.out, limit.last), 'PX', stay)
end

local limits = {}
local all = {}
local answer = { generation, warming and 1 or 0 }
local told = 2

-- Of the group.
local charged, wants, leases, ids, lefts, waits, fulls = {}, {}, {}, {}, {}, {}, {}
local members = 0
local admitted = not warming

for i = 1, count do
  local kind, pace, most, wanted, lease, id, counts, ends, more = match(ARGV[i + 1], '^(%a) (%S+) (%d+) (%d+) (%d+) (%S+) (%d) (%d)(.*)$')
  local name = names[i]
  local limit = limits[name]
  if not limit then
    limit = (kind == 'w' and window or bucket).new(KEYS[2 * i - 1], name, states[i], tonumber(pace), tonumber(most))
    limits[name] = limit
    all[#all + 1] = limit
  end
  local carried = 0
  if more ~= '' then
    local first_of, backs = match(more, '^ (%-?%d+)(.*)$')
    carried = tonumber(first_of)
    for entry, of_id, unused in string.gmatch(backs, ' (%d+) (%S+) (%d+)') do
      limit.of.back(limit, tonumber(entry), of_id, tonumber(unused))
    end
  end
  members = members + 1
  charged[members], wants[members], leases[members], ids[members] = limit, tonumber(wanted), tonumber(lease), id
  lefts[members], waits[members], fulls[members] = limit.of.look(limit, carried, id)
  if counts == '1' and wants[members] > 0 and lefts[members] < 1 then
    admitted = false
  end
  if ends == '1' then
    for n = 1, members do
      local one = charged[n]
      local granted = admitted and max(0, min(wants[n], lefts[n])) or 0
      answer[told + 1] = granted
      answer[told + 2] = lefts[n] - granted
      answer[told + 3] = waits[n]
      answer[told + 4] = one.of.charge(one, granted, leases[n], ids[n], fulls[n])
      told = told + 4
    end
    members = 0
    admitted = not warming
  end
end
for i = 1, #all do
  local limit = all[i]
  if limit.changed then
    limit.of.save(limit)
  end
end
return answer
