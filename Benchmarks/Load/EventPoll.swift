import CShims
import Glibc

/// Level-triggered epoll with one timer: all that a single thread needs to play many calls.
final class EventPoll {
    struct Event {
        let token: Int
        let readable: Bool
        let writable: Bool
    }

    private static let timerToken = UInt64.max
    /// Events taken from the kernel at a time.
    private static let batch = 256

    private let poll: Int32
    private let timer: Int32
    private var events = [epoll_event](repeating: epoll_event(), count: EventPoll.batch)

    init() throws(LoadError) {
        self.poll = epoll_create1(0)
        self.timer = timerfd_create(CLOCK_MONOTONIC, 0)
        guard self.poll >= 0, self.timer >= 0 else { throw .system(call: "epoll_create1", errno: errno) }
        try self.control(EPOLL_CTL_ADD, self.timer, token: Self.timerToken, events: EPOLLIN)
    }

    deinit {
        close(self.poll)
        close(self.timer)
    }

    func add(_ descriptor: Int32, token: Int) throws(LoadError) {
        try self.control(EPOLL_CTL_ADD, descriptor, token: UInt64(token), events: EPOLLIN)
    }

    func setWantsWrite(_ wantsWrite: Bool, of descriptor: Int32, token: Int) throws(LoadError) {
        let events = wantsWrite ? EPOLL_EVENTS(rawValue: EPOLLIN.rawValue | EPOLLOUT.rawValue) : EPOLLIN
        try self.control(EPOLL_CTL_MOD, descriptor, token: UInt64(token), events: events)
    }

    /// Waits until something is ready or `deadline` (of ``MonotonicTime``) is reached.
    func wait(until deadline: UInt64) -> [Event] {
        var timeout: Int32 = 0
        if deadline > MonotonicTime.now {
            timeout = -1
            var setting = itimerspec()
            setting.it_value.tv_sec = Int(deadline / 1_000_000_000)
            setting.it_value.tv_nsec = Int(deadline % 1_000_000_000)
            timerfd_settime(self.timer, Int32(TFD_TIMER_ABSTIME), &setting, nil)
        }
        let count = epoll_wait(self.poll, &self.events, Int32(Self.batch), timeout)
        guard count > 0 else { return [] }
        var ready: [Event] = []
        ready.reserveCapacity(Int(count))
        for event in self.events[..<Int(count)] {
            guard event.data.u64 != Self.timerToken else {
                var expirations: UInt64 = 0
                read(self.timer, &expirations, 8)
                continue
            }
            // Errors and hang-ups show as readable: the read then says which.
            let readable = event.events & ~EPOLLOUT.rawValue != 0
            let writable = event.events & EPOLLOUT.rawValue != 0
            ready.append(Event(token: Int(event.data.u64), readable: readable, writable: writable))
        }
        return ready
    }

    private func control(_ operation: Int32, _ descriptor: Int32, token: UInt64, events: EPOLL_EVENTS) throws(LoadError)
    {
        var event = epoll_event()
        event.events = events.rawValue
        event.data.u64 = token
        guard epoll_ctl(self.poll, operation, descriptor, &event) == 0 else {
            throw .system(call: "epoll_ctl", errno: errno)
        }
    }
}
