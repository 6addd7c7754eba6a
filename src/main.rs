//! exlint: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    exlint::cli::main()
}
