# digestbot in a container: one static binary, an unprivileged user, the state
# in the volume /data.
#
#   docker build -t digestbot .
#   token=$(openssl rand -hex 16)
#   docker run -p 127.0.0.1:8080:8080 -v digestbot:/data -e DIGESTBOT_WEB_TOKEN="$token" digestbot
#
# Then open http://127.0.0.1:8080 and enter what echo "$token" prints. The room answers only to
# names that it knows: under another port or a name of your own, set url in
# [http] to what people type.
#
# Why a token: on a machine of its own the web room listens on loopback only,
# and needs none. A container's loopback cannot be reached from outside of it,
# so in this image the room listens on every address of the container; it
# refuses to do that for strangers, and the bot does not start without
# DIGESTBOT_WEB_TOKEN (or token_file in [adapters.web]).
#
# To use your own digests and channels, mount them over the shipped ones:
#
#   -v /path/to/config.toml:/etc/digestbot/config.toml:ro -v /path/to/digests:/etc/digestbot/digest/example:ro
#
# and give the tokens in the environment: DISCORD_TOKEN, SLACK_BOT_TOKEN,
# SLACK_APP_TOKEN. Such a config.toml needs listen = "0.0.0.0:8080" in
# [http] to be reached.

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# .git is not here to be asked. COMMIT is the commit, and DATE when it was made:
#   --build-arg COMMIT="$(git rev-parse HEAD)" --build-arg DATE="$(git show -s --format=%cI)"
ARG VERSION=dev COMMIT= DATE=
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false \
    -ldflags "-s -w -X main.version=$VERSION -X main.commit=$COMMIT -X main.date=$DATE" -o /out/digestbot ./cmd/digestbot
# The parts of the binary, as CycloneDX (https://cyclonedx.org). The image has them as
# /usr/share/sbom/digestbot.cdx.json; .github/docs/operating.md says how to read it.
RUN mkdir -p /out/sbom && \
    go tool -modfile=.ci/sbom/go.mod cyclonedx-gomod bin -json -std -version "$VERSION" -output /out/sbom/digestbot.cdx.json /out/digestbot
# The shipped config.toml listens on loopback; the image's copy does not. grep
# stops the build on the day that the line reads otherwise.
RUN sed 's/^listen = "127\.0\.0\.1:8080"/listen = "0.0.0.0:8080"/' config.toml >/out/config.toml && \
    grep -q '^listen = "0.0.0.0:8080"' /out/config.toml
# An empty volume takes its owner from these.
RUN mkdir -p /out/data /out/tmp

# Time zones are in the binary. Newer ones of the host are taken with
# -v /usr/share/zoneinfo:/usr/share/zoneinfo:ro
FROM scratch
# HTTPS to Discord and Slack needs the certificates.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/digestbot /usr/local/bin/digestbot
COPY --from=build /out/sbom /usr/share/sbom
COPY --from=build /out/config.toml /etc/digestbot/config.toml
COPY --from=build /src/digest/example /etc/digestbot/digest/example
COPY --from=build --chown=65532:65532 /out/data /data
# SQLite keeps temporary files here. With --read-only, add --tmpfs /tmp.
COPY --from=build --chown=65532:65532 /out/tmp /tmp
WORKDIR /etc/digestbot
USER 65532:65532
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["/usr/local/bin/digestbot", "health", "--live", "--config", "/etc/digestbot/config.toml", "--state-dir", "/data"]
ENTRYPOINT ["/usr/local/bin/digestbot"]
CMD ["serve", "--config", "/etc/digestbot/config.toml", "--state-dir", "/data"]
