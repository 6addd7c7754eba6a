//! The reader on its own, and on collected files. What a configuration means is
//! asked of the engine, in `src/flow/tests/fortios/`.

mod corpus;
