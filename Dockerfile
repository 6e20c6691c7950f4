# The image of agent and collector, from the bundle:
#
#   npm ci && npm run build && docker build --tag nsentinel .
#
# The bundle is made outside, so that what the tests ran is what ships, and no build tool is near the image.

# Where the Node.js binary comes from, and what it runs on: glibc, libstdc++ and CA certificates, no shell.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG BASE_IMAGE=gcr.io/distroless/cc-debian12
# Where the programs come from that list NAT rules and sockets: the same Debian as the base, so that they find its glibc.
ARG TOOLS_IMAGE=debian:12-slim

FROM ${NODE_IMAGE} AS node

FROM ${TOOLS_IMAGE} AS tools
RUN command -v nft >/dev/null && command -v iptables-nft-save >/dev/null && command -v ss >/dev/null \
 || { apt-get update && apt-get install --yes --no-install-recommends iproute2 iptables nftables; }
# Only what reads, the modules that print each match, and the libraries; glibc is the base's own.
RUN tools='bin/ss sbin/nft sbin/iptables-nft-save sbin/ip6tables-nft-save sbin/iptables-legacy-save sbin/ip6tables-legacy-save' \
 && cd /usr \
 && libraries=$(ldd $tools | sed -nE 's|.* => (/usr)?/(lib/[^ ]*) .*|/usr/\2|p' | sort -u | grep -vE '/lib(c|m)\.so') \
 && mkdir /tools && cd / \
 && tar -chf - $(for tool in $tools; do echo usr/$tool; done) $libraries usr/lib/*-linux-gnu/xtables | tar -xf - -C /tools

FROM ${BASE_IMAGE}

LABEL org.opencontainers.image.title="nsentinel" \
      org.opencontainers.image.description="Proves from the kernel which containers share the host's namespaces and who answers on each host port" \
      org.opencontainers.image.licenses="Apache-2.0"

COPY --from=node /usr/local/bin/node /usr/bin/node
COPY --from=tools /tools/ /
COPY LICENSE /usr/share/doc/nsentinel/
COPY dist/ /usr/lib/nsentinel/

# `nonroot` of the base, by number, so that runAsNonRoot can tell. The agent needs uid 0, and its manifest says so.
USER 65532:65532

# No HEALTHCHECK: one image is three programs. The collector answers /healthz, the agent listens on nothing and writes a
# heartbeat file, a scan ends; the manifests in daemonset/ have the probes.
ENTRYPOINT ["/usr/bin/node", "/usr/lib/nsentinel/nsentinel.mjs"]
CMD ["--help"]
