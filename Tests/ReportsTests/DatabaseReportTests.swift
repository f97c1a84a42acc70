import Testing

/// Everything here shares one private PostgreSQL; each test has a database in it.
@Suite("Reports over a real database", .privateCluster)
struct DatabaseReportTests {}
