import Wire

extension QueueScripts {
    /// Finishes a job.
    ///
    /// Arguments: job ID, token, `completed` or `failed`, the field of the result and the result, stack traces or
    /// nothing, the age in seconds and the number of jobs to be kept (nothing for no limit), attempts in all, the
    /// deduplication ID or nothing. Answers as `release`.
    static let finish = Self.script(
        """
        local id, token, target, field, result = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
        local traces, age, count, attempts = ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
        local key = prefix .. id
        local code = release(id, token)
        if code < 0 then return code end

        local function remove(job)
          local base = prefix .. job
          call("DEL", base, base .. ":logs", base .. ":dependencies", base .. ":processed", base .. ":failed",
            base .. ":unsuccessful")
        end

        if ARGV[12] ~= "" then
          local deduplication = prefix .. "de:" .. ARGV[12]
          if call("PTTL", deduplication) == -1 and call("GET", deduplication) == id then
            call("DEL", deduplication)
          end
        end
        local made = call("HINCRBY", key, "atm", 1)
        if count == 0 then
          remove(id)
        else
          local set = target == "completed" and completed or failed
          call("ZADD", set, now, id)
          call("HSET", key, field, result, "finishedOn", ARGV[2])
          if traces ~= "" then call("HSET", key, "stacktrace", traces) end
          if target == "failed" then call("HDEL", key, "defa") end
          local old = {}
          if age then old = call("ZRANGEBYSCORE", set, "-inf", now - age * 1000, "LIMIT", 0, 1000) end
          for _, job in ipairs(old) do
            call("ZREM", set, job)
            remove(job)
          end
          local excess = count and math.min(call("ZCARD", set) - count, 1000) or 0
          if excess > 0 then
            for _, job in ipairs(call("ZRANGE", set, 0, excess - 1)) do
              call("ZREM", set, job)
              remove(job)
            end
          end
        end
        tell(target, id, field, result, "prev", "active")
        if target == "failed" and made >= attempts then
          tell("retries-exhausted", id, "attemptsMade", made)
        end
        if call("LLEN", wait) + call("LLEN", paused) + call("ZCARD", prioritized) > 0 then
          wake()
        elseif call("LLEN", active) == 0 then
          tell("drained")
        end
        return 0
        """
    )

    /// Moves a job to the delayed ones.
    ///
    /// Arguments: job ID, token, the time it is due, the wait, 1 where the attempt counts, reason and stack traces or
    /// nothing. Answers as `release`.
    static let delay = Self.script(
        """
        local id, due, key = ARGV[3], tonumber(ARGV[5]), prefix .. ARGV[3]
        local code = release(id, ARGV[4])
        if code < 0 then return code end
        if ARGV[7] == "1" then call("HINCRBY", key, "atm", 1) end
        call("HSET", key, "delay", ARGV[6])
        if ARGV[8] ~= "" then call("HSET", key, "failedReason", ARGV[8], "stacktrace", ARGV[9]) end
        -- Behind the others that are due in the same millisecond.
        local score, last = due * 4096, due * 4096 + 4095
        local same = call("ZREVRANGEBYSCORE", delayed, last, score, "WITHSCORES", "LIMIT", 0, 1)
        if same[2] then score = math.min(tonumber(same[2]) + 1, last) end
        call("ZADD", delayed, score, id)
        tell("delayed", id, "delay", ARGV[5])
        wakeLater()
        if call("LLEN", wait) + call("ZCARD", prioritized) > 0 then wake() end
        return 0
        """
    )

    /// Moves a job back to those that wait.
    ///
    /// Arguments: job ID, token, `retry` (counts the attempt) or `back` (to the front, counts nothing), 1 for the front
    /// of the line, reason and stack traces or nothing. Answers as `release`.
    static let requeue = Self.script(
        """
        local id, key = ARGV[3], prefix .. ARGV[3]
        local code = release(id, ARGV[4])
        if code < 0 then return code end
        if ARGV[7] ~= "" then call("HSET", key, "failedReason", ARGV[7], "stacktrace", ARGV[8]) end
        if ARGV[5] == "retry" then
          call("HINCRBY", key, "atm", 1)
          enqueue(ARGV[6] == "1" and "RPUSH" or "LPUSH", id)
        else
          local priority = tonumber(call("HGET", key, "priority") or "") or 0
          if priority > 0 then
            call("ZADD", prioritized, priority * 4294967296, id)
          else
            push("RPUSH", id)
          end
        end
        wake()
        tell("waiting", id, "prev", "active")
        return 0
        """
    )
}
