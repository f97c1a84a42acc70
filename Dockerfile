# Three stages: build the program, a small image that runs it, and a mail server to try it with.

FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpq-dev libxml2-dev pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY Package.swift ./
COPY Sources Sources
COPY Migrations Migrations
COPY Tests Tests
RUN swift build -c release --product baton --static-swift-stdlib \
    && install -D -s "$(swift build -c release --static-swift-stdlib --show-bin-path)/baton" /out/baton

FROM debian:bookworm-slim AS baton
# tzdata for working hours; the character sets of mail come with libc6.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libpq5 libxml2 tzdata zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home baton
COPY --from=build /out/baton /usr/local/bin/baton
USER baton
ENTRYPOINT ["baton"]
CMD ["--help"]

FROM debian:bookworm-slim AS dovecot
RUN apt-get update \
    && apt-get install -y --no-install-recommends dovecot-imapd dovecot-lmtpd openssl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 5000 --no-create-home vmail
COPY docker/dovecot.conf /etc/dovecot/dovecot.conf
COPY docker/dovecot-start /usr/local/bin/dovecot-start
VOLUME ["/srv/mail", "/run/mail"]
EXPOSE 993 24
CMD ["dovecot-start"]
