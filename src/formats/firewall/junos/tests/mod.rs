//! Tests of the Junos reader, by subject.

mod corpus;
