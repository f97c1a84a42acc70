import Glibc

/// What libFuzzer calls with bytes of its choice; `BATON_FUZZ_TARGET` names what is done with them.
///
/// A promise that is broken ends the process, and libFuzzer writes the bytes down.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let fault = target.fault(bytes) { fatalError(fault) }
    return 0
}

private let target: FuzzTarget = {
    let name = getenv("BATON_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        fatalError("BATON_FUZZ_TARGET names none of \(FuzzTarget.allCases.map(\.rawValue))")
    }
    return target
}()
