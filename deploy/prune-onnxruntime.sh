#!/bin/sh
# Keeps the ONNX Runtime library of one platform: the package carries all of them, 288 MB, of which one is loaded.
# Usage: prune-onnxruntime.sh NODE_MODULES [PLATFORM ARCH]; without a platform that of the running Node.
set -eu

libraries=$1/onnxruntime-node/bin
platform=${2:-$(node -p process.platform)}
arch=${3:-$(node -p process.arch)}

# Checked before anything goes: a package of another shape must stop the build and not lose its library.
for wanted in "$libraries"/napi-v*/"$platform/$arch"; do
  if [ ! -d "$wanted" ]; then
    echo "prune-onnxruntime: there is no library for $platform/$arch in $libraries" >&2
    exit 1
  fi
done

for library in "$libraries"/napi-v*/*/*; do
  case $library in
    */"$platform/$arch") ;;
    *) rm -rf "$library" ;;
  esac
done
# An empty folder of a platform would look as if it were supported.
find "$libraries" -type d -empty -delete
echo "prune-onnxruntime: kept $platform/$arch"
