# exlint as an image without anything else in it:
#
#   docker build --tag exlint .
#   docker run --rm --network none --read-only --volume "$PWD:/data:ro" exlint
#
# `--target ci` builds one with a shell and git, which the runners of GitLab
# and `exlint diff --git` need.

FROM rust:1.95-alpine3.23@sha256:606fd313a0f49743ee2a7bd49a0914bab7deedb12791f3a846a34a4711db7ed2 AS build
WORKDIR /build
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock build.rs ./
COPY policies policies
COPY schemas schemas
COPY benches benches
COPY tests/kernel/verdicts.rs tests/kernel/verdicts.rs
COPY tests/opa/sets.rs tests/opa/sets.rs
COPY src src
# Alpine's own target is musl: the program is static.
RUN cargo build --release --locked --bin exlint && strip target/release/exlint

FROM alpine:3.23@sha256:fd791d74b68913cbb027c6546007b3f0d3bc45125f797758156952bc2d6daf40 AS ci
# A runner's files belong to somebody else, which git refuses by default.
RUN apk add --no-cache git=~2.52 && git config --system --add safe.directory '*'
COPY --from=build /build/target/release/exlint /usr/local/bin/exlint
USER 65534:65534
WORKDIR /data
ENTRYPOINT ["exlint"]

FROM scratch
COPY --from=build /build/target/release/exlint /exlint
# A number, since there is no list of users: `nobody`.
USER 65534:65534
WORKDIR /data
ENTRYPOINT ["/exlint"]
