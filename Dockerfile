# The image holds one static binary, git for those who look into a mirror, and
# tini, which passes signals on and reaps what is left.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /changebot ./cmd/changebot

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 65532 --create-home --home-dir /data changebot
COPY --from=build /changebot /usr/local/bin/changebot
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["tini", "--", "changebot"]
CMD ["serve", "--config", "/etc/changebot/changebot.yaml"]
