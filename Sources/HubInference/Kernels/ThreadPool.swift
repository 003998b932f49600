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

// Unchecked: `loop` is written by the pool's owner before it raises `epoch`, and read by workers after they
// saw it rise and before they count themselves in `finished`, for which the owner waits.
private final class Team: @unchecked Sendable {
    private static let spins = 20_000

    /// A cache line apart, so that workers do not slow each other's counters.
    private static let spacing = 16

    private let workers: Int
    private var loop: Loop?
    private let epoch = Atomic<Int>(0)
    private let finished = Atomic<Int>(0)
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
        finished.store(0, ordering: .relaxed)
        raiseEpoch()
        take(0)
        wait(until: { finished.load(ordering: .acquiring) == workers - 1 })
        loop = nil
    }

    func stop() {
        stopped.store(true, ordering: .relaxed)
        raiseEpoch()
    }

    func work(_ worker: Int) {
        var seen = 0
        while true {
            awaitEpoch(after: seen)
            seen += 1
            if stopped.load(ordering: .relaxed) { return }
            take(worker)
            finished.add(1, ordering: .releasing)
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

    private func raiseEpoch() {
        epoch.add(1, ordering: .sequentiallyConsistent)
        guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)
    }

    private func awaitEpoch(after seen: Int) {
        for _ in 0..<Self.spins {
            if epoch.load(ordering: .acquiring) != seen { return }
            hub_inference_pause()
        }
        pthread_mutex_lock(mutex)
        sleepers.add(1, ordering: .sequentiallyConsistent)
        while epoch.load(ordering: .sequentiallyConsistent) == seen { pthread_cond_wait(wake, mutex) }
        sleepers.subtract(1, ordering: .relaxed)
        pthread_mutex_unlock(mutex)
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
