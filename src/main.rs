//! exlint: arguments in, exit code out.

use std::process::ExitCode;

/// Facts, packet sets and Rego values are many small objects.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    exlint::cli::main()
}
