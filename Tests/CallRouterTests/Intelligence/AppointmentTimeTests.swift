import Testing

@testable import CallRouter

@Suite struct AppointmentTimeTests {
    @Test(
        "dates and times that exist are kept as they are",
        arguments: [
            "2026-11-24", "2026-11-24T10:00", "2026-11-24T10:00:00", "2026-11-24T10:00:00Z", "2026-11-24 10:00:00",
            "2026-11-24T10:00:00.123Z", "2026-11-24T10:00+01:00", "2026-11-24T23:59:59-0800", "2026-11-24T10:00+01",
            "2028-02-29T00:00:00Z", "2000-02-29", "2026-12-31",
        ]
    )
    func valid(text: String) {
        #expect(AppointmentTime.checked(text) == text)
    }

    @Test(
        "everything else is none",
        arguments: [
            "", "soon", "Tuesday at 10", "2026-13-01", "2026-00-10", "2026-02-29", "1900-02-29", "2026-04-31",
            "2026-11-00", "2026-11-24T24:00", "2026-11-24T10:60", "2026-11-24T10:00:60", "2026-11-24T10",
            "2026-11-24T", "2026-11-24T10:00:00+25:00", "2026-11-24T10:00:00+01:60", "2026-11-24T10:00:00 CET",
            "24.11.2026", "2026-1-2", "2026-11-24T10:00:00Z and more", " 2026-11-24", "２０２６-11-24",
            "2026-11-24T10:00:00.Z",
        ]
    )
    func invalid(text: String) {
        #expect(AppointmentTime.checked(text) == nil)
    }
}
