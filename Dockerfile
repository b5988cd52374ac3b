# syntax=docker/dockerfile:1

FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG TARGETOS TARGETARCH
ENV CGO_ENABLED=0
# koko only: koko-dev carries a Temporal server and demo users, which have no place in production.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags='-s -w' -o /out/koko ./cmd/koko

# No shell and no package manager; certificates and time zones are there.
FROM gcr.io/distroless/static-debian12:nonroot@sha256:afa5c872c891853ca7fcf1f12c3edb23f7eeef36189728842dd51042ff57f7ab
ARG VERSION=unreleased
LABEL org.opencontainers.image.title="KoKo" \
      org.opencontainers.image.description="Case management for municipal conflicts" \
      org.opencontainers.image.licenses="EUPL-1.2" \
      org.opencontainers.image.version="$VERSION"
COPY --from=build /out/koko /koko
# The binary carries the fonts of certificates, and their licence goes where they go.
COPY --from=build /src/LICENSE /src/internal/certificate/fonts/*-OFL.txt /licences/
USER 65532:65532
EXPOSE 8080
# Right for serve in its container; docker-compose.yml has the worker's.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
    CMD ["/koko", "healthcheck", "http://127.0.0.1:8080/readyz"]
ENTRYPOINT ["/koko"]
CMD ["serve"]
