import CallActors
import Foundation

/// Hands the turns of the calls to the console as they settle.
struct SimulationObserver: CallObserver {
    let console: SimulationConsole

    func observe(_ notice: CallNotice, callID: String, at: Date) {
        switch notice {
        case .turn(let itemID, let line): self.console.turn(itemID: itemID, line: line, callID: callID)
        case .ended: self.console.settle(callID: callID)
        case .started, .turnLatency, .bargeIn, .reasoning, .restarted: break
        }
    }
}
