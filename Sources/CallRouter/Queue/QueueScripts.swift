import Wire

/// What must happen to a queue in one step, as scripts for Redis.
///
/// Every script gets the keys of ``QueueKeys/all`` and, as its first arguments, the prefix of the keys and the present
/// time in milliseconds. The keys of single jobs follow from the prefix and their ID, which only the script itself
/// finds out where it takes or removes jobs.
enum QueueScripts {
    /// Names for the keys, and the steps that several scripts share.
    private static let prelude = """
        local wait, active, prioritized, delayed = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
        local completed, failed, paused, meta = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
        local events, stalled, stalledCheck, limiter = KEYS[9], KEYS[10], KEYS[11], KEYS[12]
        local marker, counter = KEYS[13], KEYS[14]
        local prefix, now = ARGV[1], tonumber(ARGV[2])
        local call = redis.call

        local eventLimit
        local function tell(event, id, ...)
          eventLimit = eventLimit or call("HGET", meta, "opts.maxLenEvents") or "10000"
          if id then
            call("XADD", events, "MAXLEN", "~", eventLimit, "*", "event", event, "jobId", id, ...)
          else
            call("XADD", events, "MAXLEN", "~", eventLimit, "*", "event", event)
          end
        end

        -- Paused, or as many jobs at work as all workers together may have.
        local function isHeld()
          local facts = call("HMGET", meta, "paused", "concurrency")
          local limit = tonumber(facts[2] or "")
          return facts[1] ~= false or (limit ~= nil and call("LLEN", active) >= limit)
        end

        -- A job can be taken: wakes one worker.
        local function wake()
          if not isHeld() then call("ZADD", marker, 0, "0") end
        end

        -- Has the sleeping workers know the next delayed job.
        local function wakeLater()
          local first = call("ZRANGE", delayed, 0, 0, "WITHSCORES")
          if first[2] then call("ZADD", marker, math.floor(tonumber(first[2]) / 4096), "1") end
        end

        -- Into the line without priority. While paused, older versions keep that line under another name.
        local function push(command, id)
          local line = wait
          if call("HEXISTS", meta, "paused") == 1 and call("EXISTS", wait) == 0 then line = paused end
          call(command, line, id)
        end

        -- Behind all jobs of the same priority.
        local function enqueue(command, id)
          local priority = tonumber(call("HGET", prefix .. id, "priority") or "") or 0
          if priority > 0 then
            local turn = call("INCR", counter)
            call("ZADD", prioritized, priority * 4294967296 + turn % 4294967296, id)
          else
            push(command, id)
          end
        end

        -- Takes a job out of work: 0, or -1 no such job, -2 no lock, -3 not at work, -6 the lock is another worker's.
        local function release(id, token)
          local lock = prefix .. id .. ":lock"
          local owner = call("GET", lock)
          if call("EXISTS", prefix .. id) == 0 then
            if owner == token then call("DEL", lock) end
            if not owner or owner == token then
              call("LREM", active, -1, id)
              call("SREM", stalled, id)
            end
            return -1
          end
          if not owner then return -2 end
          if owner ~= token then return -6 end
          call("DEL", lock)
          call("SREM", stalled, id)
          if call("LREM", active, -1, id) == 0 then return -3 end
          return 0
        end


        """

    static func script(_ body: String) -> RedisScript { RedisScript(self.prelude + body) }

    /// Moves the next job to the active ones and locks it.
    ///
    /// Arguments: token, lock time, jobs per window and its length in milliseconds, the worker's name or nothing.
    /// Answers `job` with ID and fields, `limited` with the milliseconds to wait, `held`, `again`, or `none` with the
    /// time of the next delayed job, 0 for none.
    static let take = Self.script(
        """
        local token, lockTime, worker = ARGV[3], ARGV[4], ARGV[7]
        local limit, window = tonumber(ARGV[5]), tonumber(ARGV[6])

        local due = call("ZRANGEBYSCORE", delayed, 0, (now + 1) * 4096 - 1, "LIMIT", 0, 1000)
        for _, id in ipairs(due) do
          call("ZREM", delayed, id)
          if call("EXISTS", prefix .. id) == 1 then
            enqueue("LPUSH", id)
            call("HSET", prefix .. id, "delay", 0)
            tell("waiting", id, "prev", "delayed")
          end
        end
        if #due > 0 then wake() end

        local facts = call("HMGET", meta, "max", "duration")
        local queueLimit, queueWindow = tonumber(facts[1] or ""), tonumber(facts[2] or "")
        if queueLimit and queueWindow and queueWindow > 0 and queueLimit / queueWindow < limit / window then
          limit, window = queueLimit, math.floor(queueWindow)
        end
        if (tonumber(call("GET", limiter) or "") or 0) >= limit then
          local rest = call("PTTL", limiter)
          if rest > 0 then return {"limited", rest} end
          call("DEL", limiter)
        end
        if isHeld() then return {"held"} end

        for _ = 1, 100 do
          local id = call("RPOPLPUSH", wait, active) or call("RPOPLPUSH", paused, active)
          if not id then
            id = call("ZPOPMIN", prioritized)[1]
            if not id then
              call("DEL", counter)
              local first = call("ZRANGE", delayed, 0, 0, "WITHSCORES")
              return {"none", first[2] and math.floor(tonumber(first[2]) / 4096) or 0}
            end
            call("LPUSH", active, id)
          end
          local key = prefix .. id
          if string.sub(id, 1, 2) == "0:" or call("EXISTS", key) == 0 then
            -- The marker of an old version, or a job that was removed.
            call("LREM", active, 1, id)
          else
            if call("HEXISTS", key, "defa") == 0 and call("INCR", limiter) == 1 then
              call("PEXPIRE", limiter, window)
            end
            call("SET", key .. ":lock", token, "PX", lockTime)
            call("HSET", key, "processedOn", ARGV[2])
            if worker ~= "" then call("HSET", key, "pb", worker) end
            call("HINCRBY", key, "ats", 1)
            tell("active", id, "prev", "waiting")
            call("ZADD", marker, 0, "0")
            return {"job", id, call("HGETALL", key)}
          end
        end
        return {"again"}
        """
    )

    /// Keeps a lock.
    ///
    /// Arguments: job ID, token, lock time. Answers 1, or 0 where the job is no longer ours.
    static let renew = Self.script(
        """
        local lock = prefix .. ARGV[3] .. ":lock"
        if call("GET", lock) ~= ARGV[4] then return 0 end
        call("SET", lock, ARGV[4], "PX", ARGV[5])
        call("SREM", stalled, ARGV[3])
        return 1
        """
    )

    /// Gives the jobs of dead workers back.
    ///
    /// Arguments: how often that may happen to one job, the time between two looks. Answers how many there were.
    static let sweep = Self.script(
        """
        if call("EXISTS", stalledCheck) == 1 then return 0 end
        call("SET", stalledCheck, ARGV[2], "PX", ARGV[4])
        local found = 0
        local suspects = call("SMEMBERS", stalled)
        call("DEL", stalled)
        for _, id in ipairs(suspects) do
          local key = prefix .. id
          if call("EXISTS", key .. ":lock") == 0 and call("LREM", active, 1, id) > 0 and call("EXISTS", key) == 1 then
            if call("HINCRBY", key, "stc", 1) > tonumber(ARGV[3]) then
              call("HSET", key, "defa", "job stalled more than allowable limit")
            end
            push("RPUSH", id)
            wake()
            tell("waiting", id, "prev", "active")
            tell("stalled", id)
            found = found + 1
          end
        end
        for _, id in ipairs(call("LRANGE", active, 0, -1)) do call("SADD", stalled, id) end
        return found
        """
    )

    /// Puts back the markers that woke us, for another worker.
    static let handOn = Self.script(
        """
        if call("LLEN", wait) + call("LLEN", paused) + call("ZCARD", prioritized) > 0 then wake() end
        wakeLater()
        return 0
        """
    )
}
