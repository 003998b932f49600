import CHubKernels
import Glibc
import Synchronization

/// A team of threads for the many short loops of a forward pass.
///
/// Between loops the threads spin for some microseconds and then sleep. The thread that calls is worker 0 and
/// works along; only the thread that made the pool may call.
final class ThreadPool {
    private let team: Team
    private var threads: [pthread_t] = []

    var count: Int { threads.count + 1 }

    /// A pool of `count` workers, the caller included.
    init(threads count: Int) throws(InferenceError) {
        team = Team(workers: max(1, count))
        for worker in 1..<max(1, count) {
            var thread = pthread_t()
            let start = Unmanaged.passRetained(Start(team: team, worker: worker))
            let status = pthread_create(&thread, nil, runWorker, start.toOpaque())
            guard status == 0 else {
                start.release()
                stop()
                throw .tooLarge("no thread can be started: \(String(cString: strerror(status)))")
            }
            threads.append(thread)
        }
    }

    deinit { stop() }

    private func stop() {
        team.stop()
        for thread in threads { pthread_join(thread, nil) }
        threads = []
    }

    /// Calls `body` with ranges that cover `0..<total`, each at most `grain` long, on all workers; returns when
    /// all are done.
    ///
    /// Each worker starts in its own stretch and takes from the others' when it is through, so that a thread
    /// that lost its processor does not keep the rest waiting.
    func forEach(_ total: Int, grain: Int, _ body: (_ range: Range<Int>, _ worker: Int) -> Void) {
        guard total > grain, count > 1 else {
            if total > 0 { body(0..<total, 0) }
            return
        }
        withoutActuallyEscaping(body) { team.run(total: total, grain: grain, $0) }
    }
}

/// What one thread is told at its start.
private final class Start {
    let team: Team
    let worker: Int

    init(team: Team, worker: Int) {
        self.team = team
        self.worker = worker
    }
}

private func runWorker(_ start: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let start else { return nil }
    let box = Unmanaged<Start>.fromOpaque(start).takeRetainedValue()
    box.team.work(box.worker)
    return nil
}

/// The loop at hand and where each worker is in it.
private struct Loop {
    let total: Int
    let grain: Int
    let stretch: Int
    let body: (Range<Int>, Int) -> Void
}

// Unchecked: `loop` is written by the pool's owner while the gate is shut, and read by workers that have come in.
private final class Team: @unchecked Sendable {
    /// Some tens of microseconds, longer than what lies between two loops of a pass.
    private static let spins = 4_000

    /// A cache line apart, so that workers do not slow each other's counters.
    private static let spacing = 16

    private let workers: Int
    private var loop: Loop?
    private let gate = Gate()
    private let sleepers = Atomic<Int>(0)
    private let stopped = Atomic<Bool>(false)
    private let next: UnsafeMutablePointer<Atomic<Int>>
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(workers: Int) {
        self.workers = workers
        next = .allocate(capacity: workers * Self.spacing)
        for place in 0..<workers * Self.spacing { (next + place).initialize(to: Atomic(0)) }
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(wake, nil)
    }

    deinit {
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(mutex)
        wake.deallocate()
        mutex.deallocate()
        next.deinitialize(count: workers * Self.spacing)
        next.deallocate()
    }

    func run(total: Int, grain: Int, _ body: @escaping (Range<Int>, Int) -> Void) {
        let pieces = (total + grain - 1) / grain
        loop = Loop(total: total, grain: grain, stretch: (pieces + workers - 1) / workers * grain, body: body)
        for worker in 0..<workers { next[worker * Self.spacing].store(0, ordering: .relaxed) }
        gate.open()
        wakeSleepers()
        take(0)
        // Whoever has not come in by now has nothing left to do, and is not waited for.
        gate.shut()
        wait(until: { gate.isEmpty })
        loop = nil
    }

    func stop() {
        stopped.store(true, ordering: .relaxed)
        gate.open()
        wakeSleepers()
    }

    func work(_ worker: Int) {
        var seen = 0
        while true {
            seen = awaitOpening(after: seen)
            if stopped.load(ordering: .relaxed) { return }
            guard gate.enter(seen) else { continue }
            take(worker)
            gate.leave()
        }
    }

    /// Works through the worker's own stretch, then through what is left of the others'.
    private func take(_ worker: Int) {
        guard let loop else { return }
        for step in 0..<workers {
            let owner = (worker + step) % workers
            let start = owner * loop.stretch
            let end = min(loop.total, start + loop.stretch)
            while start < end {
                let first = start + next[owner * Self.spacing].add(loop.grain, ordering: .relaxed).oldValue
                guard first < end else { break }
                loop.body(first..<min(end, first + loop.grain), worker)
            }
        }
    }

    private func wakeSleepers() {
        guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)
    }

    /// The number of the latest opening, once it is another than `seen`.
    private func awaitOpening(after seen: Int) -> Int {
        for _ in 0..<Self.spins {
            if gate.opening != seen { return gate.opening }
            hub_inference_pause()
        }
        pthread_mutex_lock(mutex)
        sleepers.add(1, ordering: .sequentiallyConsistent)
        while gate.opening == seen { pthread_cond_wait(wake, mutex) }
        sleepers.subtract(1, ordering: .relaxed)
        pthread_mutex_unlock(mutex)
        return gate.opening
    }

    /// Spins, and gives way once it takes longer than a busy worker would.
    private func wait(until isDone: () -> Bool) {
        var spins = 0
        while !isDone() {
            spins += 1
            if spins < Self.spins { hub_inference_pause() } else { sched_yield() }
        }
    }
}

/// Lets workers into one loop after the other, and none in once a loop is shut.
///
/// One word, changed only atomically: how often the gate was opened, whether it is shut, and who is inside.
private struct Gate: ~Copyable {
    private static let shutBit = 1 << 15
    private static let openingShift = 16

    private let state = Atomic<Int>(Gate.shutBit)

    var opening: Int { state.load(ordering: .sequentiallyConsistent) >> Self.openingShift }

    var isEmpty: Bool { state.load(ordering: .acquiring) & (Self.shutBit - 1) == 0 }

    /// The caller has shut it, and nobody is inside.
    func open() {
        state.store((opening + 1) << Self.openingShift, ordering: .sequentiallyConsistent)
    }

    func shut() { state.bitwiseOr(Self.shutBit, ordering: .acquiringAndReleasing) }

    /// Whether the caller is in, for as long as the loop of this opening needs it.
    func enter(_ opening: Int) -> Bool {
        var current = state.load(ordering: .relaxed)
        while current >> Self.openingShift == opening, current & Self.shutBit == 0 {
            let (exchanged, original) = state.weakCompareExchange(
                expected: current, desired: current + 1, ordering: .acquiringAndReleasing)
            if exchanged { return true }
            current = original
        }
        return false
    }

    func leave() { state.subtract(1, ordering: .releasing) }
}
