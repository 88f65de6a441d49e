# cmake -DDIRECTORY=bundle -DOUTPUT=assets.c -P assets.cmake: the files below DIRECTORY as the array `atrium_assets`.
cmake_minimum_required(VERSION 3.25)

set(types
  html=text/html css=text/css js=text/javascript mjs=text/javascript json=application/json map=application/json txt=text/plain
  svg=image/svg+xml png=image/png jpg=image/jpeg jpeg=image/jpeg gif=image/gif webp=image/webp ico=image/x-icon
  woff2=font/woff2 woff=font/woff wasm=application/wasm webmanifest=application/manifest+json md=text/markdown)

file(GLOB_RECURSE files LIST_DIRECTORIES FALSE RELATIVE ${DIRECTORY} ${DIRECTORY}/*)
list(SORT files)
set(count 0)
set(labels "")
set(bytes "")
set(assets "")
set(array "")
foreach(file IN LISTS files)
  if(NOT file MATCHES "^[A-Za-z0-9._/@+-]+$")
    message(FATAL_ERROR "${DIRECTORY}/${file}: a file of a bundle is named with letters, digits and . _ - + @ alone, because its name is a URL")
  endif()
  string(REGEX REPLACE ".*\\." "" suffix ${file})
  string(TOLOWER ${suffix} suffix)
  set(type application/octet-stream)
  foreach(pair IN LISTS types)
    if(pair MATCHES "^${suffix}=(.*)$")
      set(type ${CMAKE_MATCH_1})
    endif()
  endforeach()
  if(type MATCHES "^text/")
    set(type "${type}; charset=utf-8")
  endif()
  # A name that holds a hash names its content: "app.4f3c21aa.js".
  set(immutable 0)
  if(file MATCHES "[.-][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]+\\.[a-z0-9]+$")
    set(immutable 1)
  endif()
  file(SIZE ${DIRECTORY}/${file} size)
  string(LENGTH "/${file}" path_size)
  string(LENGTH "${type}" type_size)
  string(APPEND labels "    \"atrium_asset_${count}: .incbin \\\"${DIRECTORY}/${file}\\\"\\n\"\n")
  string(APPEND bytes "extern const char atrium_asset_${count}[];\n")
  string(APPEND assets "static const atrium_asset asset_${count} = {sizeof(atrium_asset), ${immutable}, {\"/${file}\", ${path_size}},\n"
    "    {\"${type}\", ${type_size}}, {atrium_asset_${count}, ${size}}};\n")
  string(APPEND array "    &asset_${count},\n")
  math(EXPR count "${count} + 1")
endforeach()

file(WRITE ${OUTPUT} "/* The files below ${DIRECTORY}. Made by atrium_add_plugin(ASSETS ...). */
#include <atrium/ext/http_ui.h>

${bytes}__asm__(
    \".pushsection .rodata\\n\"
${labels}    \".popsection\\n\");

${assets}
const atrium_asset* const atrium_assets[] = {
${array}};
const uint32_t atrium_asset_count = ${count};
")
