#!/bin/sh
# Installs the servers that tests start privately, and the browser they open pages with, when this is Debian, we are root, and they are missing.
# Repeating it is harmless. No service is started.
set -eu
missing=""
[ -n "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || missing="postgresql"
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || missing="$missing rabbitmq-server"
{ command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null || missing="$missing chromium"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Not installed: $missing. The tests that need them are skipped, or fail under CI=true."
    exit 0
fi
echo "installing $missing (once, about a minute)"
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
