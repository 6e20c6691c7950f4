#!/bin/sh
# Makes beside itself what the kustomization here reads: an authority (ca.key, ca.crt), the collector's certificate
# (tls.key, tls.crt) for a year, and a token for programs (api-tokens). What is there stays, but for the certificate, which
# is made anew each time. Keep ca.key away from the cluster: whoever has it can be the collector.
set -eu
umask 077
cd "$(dirname "$0")"
names=DNS:nsentinel-collector.nsentinel.svc,DNS:nsentinel-collector.nsentinel.svc.cluster.local,DNS:localhost,IP:127.0.0.1
ec='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'

[ -e api-tokens ] || openssl rand -hex 32 > api-tokens
[ -e ca.key ] || openssl req -x509 $ec -days 3650 -subj /CN=nsentinel-ca -keyout ca.key -out ca.crt
openssl req -new $ec -subj /CN=nsentinel-collector -keyout tls.key.new -out tls.csr
printf 'basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=%s\n' "$names" > tls.ext
openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -extfile tls.ext -out tls.crt.new
mv tls.key.new tls.key
mv tls.crt.new tls.crt
rm tls.csr tls.ext
