#!/usr/bin/env bash
# Compiles the tools against the gateway's jar and runs one of them: run-tool.sh HEAP CLASS [OPTION]...
# The scripts beside this one call it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
jar=$here/../target/portcullis.jar
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
heap=$1
class=$2
shift 2

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

exec "$java" "-Xms$heap" "-Xmx$heap" -cp "$tools:$here/src/tools/resources:$jar" "io.portcullis.load.$class" --jar "$jar" "$@"
