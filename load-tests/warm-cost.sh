#!/usr/bin/env bash
# CPU per warm /auth request: the gateway against a bare Vert.x server, by turns in one run. See README.md; --help names the options.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
jar=$here/../target/portcullis.jar
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

if [[ ! -f $jar ]]; then
    echo "No target/portcullis.jar: run 'mvn -q -DskipTests package' first." >&2
    exit 1
fi

# The tools speak the gateway's key format, so they are compiled against its jar, not by Maven.
tools=$here/target/tools
rm -rf "$tools"
mkdir -p "$tools"
"${java}c" --release 17 -parameters -proc:none -Xlint:all,-processing,-classfile,-serial -Werror \
    -cp "$jar" -d "$tools" "$here"/src/tools/java/io/portcullis/load/*.java

exec "$java" -Xms256m -Xmx256m -cp "$tools:$here/src/tools/resources:$jar" io.portcullis.load.WarmCost --jar "$jar" "$@"
