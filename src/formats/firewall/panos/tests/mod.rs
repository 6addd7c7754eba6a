//! The reader on collected files. What a configuration means is asked of the
//! engine, in `src/flow/tests/panos/`.

mod corpus;
