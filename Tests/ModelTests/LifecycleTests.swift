import Testing

@testable import Model

@Suite struct LifecycleTests {
    @Test(arguments: HostState.allCases)
    func `P16: every state can be reached, and left`(state: HostState) {
        var reached: Set<HostState> = [.registered]
        for _ in HostState.allCases {
            for from in reached { reached.formUnion(Lifecycle.table[from]?.values.map(\.to) ?? []) }
        }
        #expect(reached.contains(state))
        #expect(Lifecycle.table[state]?.isEmpty == false)
    }

    @Test(arguments: HostState.allCases.filter(\.isUnderWay))
    func `P16: every state under way can fail, run out of time and be cancelled`(state: HostState) {
        #expect(Lifecycle.step(from: state, on: .broke)?.to == .failed)
        #expect(Lifecycle.step(from: state, on: .deadlinePassed)?.to == .failed)
        #expect([.failed, .registered].contains(Lifecycle.step(from: state, on: .cancel)?.to))
    }

    @Test(arguments: HostState.allCases.filter { !$0.isUnderWay })
    func `P16: a state at rest is left by a rebuild alone`(state: HostState) {
        #expect(Lifecycle.events(in: state) == [.rebuild])
        #expect(Lifecycle.step(from: state, on: .rebuild)?.to == .pxeReady)
    }

    @Test func `an end takes away what the operation left behind`() {
        for (state, steps) in Lifecycle.table where state.isUnderWay {
            for step in steps.values where !step.to.isUnderWay {
                #expect(step.effects.contains(.removeKey), "\(state)")
            }
        }
    }

    @Test func `people are told how an operation ended, unless a person ended it`() {
        for (state, steps) in Lifecycle.table where state.isUnderWay {
            for (event, step) in steps {
                let isTold = !step.to.isUnderWay && event != .cancel
                #expect(step.effects.contains(.notify) == isTold, "\(state), \(event)")
            }
        }
    }

    @Test func `netboot is disarmed before the installed machine can restart`() {
        #expect(Lifecycle.step(from: .installing, on: .reportedInstalled)?.effects == [.disarmNetboot])
    }

    @Test func `the order of a rebuild is the one that the names promise`() {
        let events: [LifecycleEvent] = [
            .rebuild, .fetchedKernel, .askedForAnswer, .reportedInstalled, .startedNewSystem, .phonedHome, .joined,
        ]
        var state = HostState.registered
        let states = events.map { event in
            state = Lifecycle.step(from: state, on: event)?.to ?? .failed
            return state.rawValue
        }
        #expect(
            states == ["pxe_ready", "pxe_booted", "installing", "installed", "first_boot", "joining", "ready"])
    }
}
