-- Asks Portcullis about a request, before HAProxy forwards it: see haproxy.cfg. The gateway's connections are kept alive by HAProxy itself.

local URL = "http://" .. os.getenv("PORTCULLIS") .. "/auth/traefik"
-- Milliseconds; above the gateway's server.request-timeout: its answer is better than none.
local LIMIT = 3000

-- Who calls, by the gateway alone; x-api-key and authorization are the credentials. An answer that allows has all of these, empty where
-- there is nothing to go on.
local REPLACED = {
    "x-client-id", "x-client-code", "x-tenant-id", "x-user-id", "x-key-id", "x-scopes", "x-bap-id", "x-bap-uri",
    "x-auth-stale", "x-request-id", "x-api-key", "authorization",
}

-- What the gateway reads of a caller's headers; nothing else is passed to it, and never a body.
local ASKED = { "x-api-key", "x-client-id", "authorization", "x-request-id" }

-- What a refused caller gets of the gateway's answer.
local TOLD = { "content-type", "www-authenticate", "retry-after", "ratelimit", "ratelimit-policy",
    "x-ratelimit-limit", "x-ratelimit-remaining",
    "x-ratelimit-reset", "cache-control", "x-request-id" }

local REFUSALS = { [400] = true, [401] = true, [403] = true, [414] = true, [429] = true, [431] = true, [500] = true, [503] = true }

-- HAProxy gives the values of a header as a table that begins with 0.
local function values(headers, name)
    local list = {}
    local given = headers[name]
    if given then
        local i = 0
        while given[i] do
            list[#list + 1] = given[i]
            i = i + 1
        end
    end
    return list
end

local function question(txn, headers)
    local asked = {}
    for _, name in ipairs(ASKED) do
        local list = values(headers, name)
        if #list > 0 then
            asked[name] = list
        end
    end
    local hops = values(headers, "x-forwarded-for")
    hops[#hops + 1] = txn.sf:src()
    asked["x-forwarded-for"] = { table.concat(hops, ", ") }
    asked["x-forwarded-method"] = { txn.sf:method() }
    asked["x-forwarded-uri"] = { txn.sf:pathq() }
    asked["x-forwarded-proto"] = { txn.sf:ssl_fc() == 1 and "https" or "http" }
    local host = values(headers, "host")[1]
    if host then
        asked["x-forwarded-host"] = { host }
    end
    return asked
end

local function first(answer, name)
    local list = answer.headers and answer.headers[name]
    return list and list[0] or nil
end

local function refuse(txn, answer)
    local reply = txn:reply({ status = answer.status, body = answer.body })
    for _, name in ipairs(TOLD) do
        local value = first(answer, name)
        if value then
            reply:add_header(name, value)
        end
    end
    txn:done(reply)
end

core.register_action("portcullis", { "http-req" }, function(txn)
    local asked = question(txn, txn.http:req_get_headers())
    local answer = core.httpclient():get({
        url = URL,
        headers = asked,
        timeout = LIMIT,
    })
    if answer.status == 200 and first(answer, "x-client-id") then
        for _, name in ipairs(REPLACED) do
            txn.http:req_del_header(name)
            local value = first(answer, name)
            if value and value ~= "" then
                txn.http:req_add_header(name, value)
            end
        end
        txn.http:req_set_header("x-forwarded-for", asked["x-forwarded-for"][1])
        txn:set_var("txn.portcullis", "allowed")
    elseif REFUSALS[answer.status] and first(answer, "content-type") == "application/problem+json" then
        refuse(txn, answer)
    end
    -- Anything else is no answer of the gateway's: haproxy.cfg answers 503.
end)
