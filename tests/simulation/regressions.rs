//! Seeds that once found something. Each is run by every test run, with a line on what it found. A
//! seed means the same for as long as the history, the ticks and the mishaps are drawn in the same way.

/// The seed and what it found.
pub const SEEDS: &[(u64, &str)] = &[
    (282, "a notice that could not be removed was sent again by the process that had sent it"),
    (1048, "the oracle took what a thawed pass had read long ago for the latest"),
    (1321, "the oracle did not believe a slow answer that a table is not there"),
    (2936, "the simulator did not list a restore whose status was spelled in lower case"),
    (777_411, "the oracle expected the truth after two passes although a sweep was under way"),
    (778_416, "a claim whose answer was lost passed for the commit after it: a transition was lost"),
];
