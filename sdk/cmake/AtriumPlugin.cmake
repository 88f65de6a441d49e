# atrium_add_plugin(NAME SOURCES a.cpp ... MANIFEST plugin.yaml [LIBRARIES ...] [OUTPUT directory])
#
# A shared library that the kernel can load, swap and unload: one exported symbol, the manifest in an ELF note, no symbol that would
# pin it in memory, and a seal over the whole. The library is called NAME and lands in the build's plugin directory, or in OUTPUT.
set(ATRIUM_PLUGIN_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})

function(atrium_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MANIFEST;OUTPUT" "SOURCES;LIBRARIES")
  if(NOT arg_MANIFEST)
    set(arg_MANIFEST plugin.yaml)
  endif()
  if(NOT arg_OUTPUT)
    set(arg_OUTPUT ${CMAKE_BINARY_DIR}/plugins)
    set(shipped TRUE)
  endif()
  cmake_path(ABSOLUTE_PATH arg_MANIFEST BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE manifest)
  set(note ${CMAKE_CURRENT_BINARY_DIR}/${name}_note.c)
  set(ATRIUM_MANIFEST_FILE ${manifest})
  configure_file(${ATRIUM_PLUGIN_CMAKE_DIR}/manifest_note.c.in ${note} @ONLY)
  set_source_files_properties(${note} PROPERTIES OBJECT_DEPENDS ${manifest})

  add_library(${name} MODULE ${arg_SOURCES} ${note})
  target_link_libraries(${name} PRIVATE atrium_sdk ${arg_LIBRARIES})
  target_compile_features(${name} PRIVATE cxx_std_20)
  set_target_properties(${name} PROPERTIES
    PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${arg_OUTPUT}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_link_options(${name} PRIVATE
    -Wl,--version-script=${ATRIUM_PLUGIN_CMAKE_DIR}/plugin.map -Wl,-z,now -Wl,-z,relro -Wl,--build-id)
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${ATRIUM_PLUGIN_CMAKE_DIR}/plugin.map)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  if(shipped AND TARGET atrium_all_plugins)
    add_dependencies(atrium_all_plugins ${name})
  endif()
  add_custom_command(TARGET ${name} POST_BUILD COMMAND ${ATRIUM_PYTHON} ${ATRIUM_PLUGIN_CMAKE_DIR}/seal.py $<TARGET_FILE:${name}> VERBATIM)
endfunction()
