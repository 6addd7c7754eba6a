//! Processor time of the measuring thread as a measurement of criterion.

use criterion::Throughput;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};

/// Nanoseconds that this thread ran, from the kernel's scheduler.
fn ran() -> u64 {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|stat| stat.split_whitespace().next()?.parse().ok())
        .expect("the kernel counts the processor time of threads (/proc/thread-self/schedstat)")
}

/// Measures processor time, user and system.
pub struct Processor;

impl Measurement for Processor {
    type Intermediate = u64;
    type Value = u64;

    fn start(&self) -> u64 {
        ran()
    }

    fn end(&self, start: u64) -> u64 {
        ran().saturating_sub(start)
    }

    fn add(&self, one: &u64, other: &u64) -> u64 {
        one.saturating_add(*other)
    }

    fn zero(&self) -> u64 {
        0
    }

    fn to_f64(&self, value: &u64) -> f64 {
        *value as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        &Nanoseconds
    }
}

/// The words of criterion's own clock, which counts in nanoseconds as well.
struct Nanoseconds;

impl ValueFormatter for Nanoseconds {
    fn scale_values(&self, typical: f64, values: &mut [f64]) -> &'static str {
        WallTime.formatter().scale_values(typical, values)
    }

    fn scale_throughputs(
        &self,
        typical: f64,
        unit: &Throughput,
        values: &mut [f64],
    ) -> &'static str {
        WallTime
            .formatter()
            .scale_throughputs(typical, unit, values)
    }

    fn scale_for_machines(&self, _: &mut [f64]) -> &'static str {
        "ns"
    }
}
