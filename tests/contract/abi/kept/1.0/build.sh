#!/bin/sh
# Built the libraries beside it, with the SDK of interface 1.0: build.sh ATRIUM, where ATRIUM is the program of that name. They are kept as they
# came out of it, and are not to be built again: what they prove is that they still load.
set -eu
cd "$(dirname "$0")"
sdk=../../../../../sdk
for source in message_type.c routing_scorer.c command.c event_sink.c storage_backend.c others.c room_type.cpp; do
  name=${source%.*}
  note=$(mktemp --suffix=.c)
  sed "s|@ATRIUM_MANIFEST_FILE@|$PWD/$name.yaml|" $sdk/cmake/manifest_note.c.in >"$note"
  case $source in
    *.c) compiler="gcc -std=c11" ;;
    *) compiler="g++ -std=c++20 -fno-gnu-unique" ;;
  esac
  $compiler -Os -fPIC -fvisibility=hidden -ffunction-sections -I. -I$sdk/include -I$sdk/cpp -c -o "$name.o" $source
  gcc -c -o "$name.note.o" "$note"
  ${compiler%% *} -shared -s -o "$name.so" "$name.o" "$name.note.o" -Wl,--version-script=$sdk/cmake/plugin.map -Wl,--gc-sections -Wl,-z,now \
    -Wl,-z,relro -Wl,-z,noseparate-code -Wl,--build-id
  rm "$name.o" "$name.note.o" "$note"
  "$1" seal "$name.so"
done
