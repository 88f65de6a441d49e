# atrium_add_plugin(NAME SOURCES a.cpp ... [MANIFEST plugin.yaml] [LIBRARIES ...] [OUTPUT directory] [ASSETS directory] [TESTS a_test.cpp ...])
#
# A shared library that the server can load, swap and unload: one exported symbol, the manifest in an ELF note, no symbol that would
# pin it in memory, and a seal over the whole. The library is called NAME.so and lands in the build's folder `plugins`, or in OUTPUT
# (ATRIUM_PLUGIN_OUTPUT for all of a folder).
#
# ASSETS     compiles every file below that directory in as `atrium_assets` (atrium/ext/http_ui.h): the bundle of an http-ui.
# TESTS      a program NAME_test of GoogleTest over what NAME is made of and the testkit, and a ctest for each test. Passed over where
#            BUILD_TESTING is off or GoogleTest is not installed, which is told.
#
# Where atrium-validate is installed, ctest also runs it over the library, as validate.NAME, with the options of a file validate.yaml beside the
# manifest where there is one. In the SDK's own tree and in an installed
# package this is the same file: it needs the targets Atrium::sdk and Atrium::atrium, and takes Atrium::testkit and Atrium::validate.
set(ATRIUM_PLUGIN_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})

function(atrium_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MANIFEST;OUTPUT;ASSETS" "SOURCES;LIBRARIES;TESTS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "atrium_add_plugin(${name}): SOURCES must name at least one file, and this means nothing: '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT arg_MANIFEST)
    set(arg_MANIFEST plugin.yaml)
  endif()
  if(NOT arg_OUTPUT AND ATRIUM_PLUGIN_OUTPUT)
    set(arg_OUTPUT ${ATRIUM_PLUGIN_OUTPUT})
  elseif(NOT arg_OUTPUT)
    set(arg_OUTPUT ${CMAKE_BINARY_DIR}/plugins)
    set(shipped TRUE)
  endif()
  cmake_path(ABSOLUTE_PATH arg_MANIFEST BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE manifest)
  if(NOT EXISTS ${manifest})
    message(FATAL_ERROR "atrium_add_plugin(${name}): there is no manifest ${manifest}; write one, or name it with MANIFEST")
  endif()
  set(note ${CMAKE_CURRENT_BINARY_DIR}/${name}_note.c)
  set(ATRIUM_MANIFEST_FILE ${manifest})
  configure_file(${ATRIUM_PLUGIN_CMAKE_DIR}/manifest_note.c.in ${note} @ONLY)
  set_source_files_properties(${note} PROPERTIES OBJECT_DEPENDS ${manifest})
  if(arg_ASSETS)
    atrium_plugin_assets(${name} ${arg_ASSETS} assets)
    list(APPEND arg_SOURCES ${assets})
  endif()

  add_library(${name} MODULE ${arg_SOURCES} ${note})
  target_link_libraries(${name} PRIVATE Atrium::sdk ${arg_LIBRARIES})
  set_target_properties(${name} PROPERTIES
    PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${arg_OUTPUT}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  atrium_plugin_languages(${name})
  target_link_options(${name} PRIVATE
    -Wl,--version-script=${ATRIUM_PLUGIN_CMAKE_DIR}/plugin.map -Wl,-z,now -Wl,-z,relro -Wl,--build-id)
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${ATRIUM_PLUGIN_CMAKE_DIR}/plugin.map)
  if(NOT ATRIUM_SANITIZE)  # A sanitizer's own symbols come from the program that loads the library.
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  if(shipped AND TARGET atrium_all_plugins)
    add_dependencies(atrium_all_plugins ${name})
    set_property(GLOBAL APPEND PROPERTY ATRIUM_SHIPPED_PLUGINS ${name})
  endif()
  add_custom_command(TARGET ${name} POST_BUILD COMMAND Atrium::atrium seal $<TARGET_FILE:${name}> VERBATIM)

  if(arg_TESTS)
    atrium_plugin_tests(${name} "${arg_LIBRARIES}" "${arg_TESTS}")
  endif()
  if(BUILD_TESTING AND TARGET Atrium::validate AND NOT TARGET atrium_all_plugins)
    cmake_path(REPLACE_FILENAME manifest validate.yaml OUTPUT_VARIABLE options)
    if(EXISTS ${options})
      set(with_options --options ${options})
    endif()
    add_test(NAME validate.${name} COMMAND Atrium::validate $<TARGET_FILE:${name}> ${with_options})
    set_tests_properties(validate.${name} PROPERTIES LABELS validate)
  endif()
endfunction()

# What the SDK's headers ask of a compiler, for the languages that this project has.
function(atrium_plugin_languages target)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(NOT C IN_LIST languages)
    message(FATAL_ERROR "The manifest is compiled in as C: write project(... LANGUAGES C CXX), or C alone")
  endif()
  set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON)
  if(CXX IN_LIST languages)
    target_compile_features(${target} PRIVATE cxx_std_20)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>)
    endif()
  endif()
endfunction()

# The bundle as a C file that takes the files in as they are; made again when one of them changes, comes or goes.
function(atrium_plugin_assets name directory result)
  cmake_path(ABSOLUTE_PATH directory BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  file(GLOB_RECURSE files CONFIGURE_DEPENDS LIST_DIRECTORIES FALSE ${directory}/*)
  if(NOT files)
    message(FATAL_ERROR "atrium_add_plugin(${name}): there is no file below ASSETS ${directory}")
  endif()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}_assets.c)
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DDIRECTORY=${directory} -DOUTPUT=${source} -P ${ATRIUM_PLUGIN_CMAKE_DIR}/assets.cmake
    DEPENDS ${files} ${ATRIUM_PLUGIN_CMAKE_DIR}/assets.cmake COMMENT "Bundling ${directory}" VERBATIM)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${files}")
  set(${result} ${source} PARENT_SCOPE)
endfunction()

function(atrium_plugin_tests name libraries tests)
  if(NOT BUILD_TESTING AND NOT ATRIUM_TESTS)
    return()
  endif()
  find_package(GTest QUIET)
  if(NOT GTest_FOUND OR NOT TARGET Atrium::testkit)
    message(STATUS "${name}: its tests are passed over, because GoogleTest is missing: apt-get install libgtest-dev")
    file(WRITE ${CMAKE_BINARY_DIR}/tests_passed_over "")  # `atrium test` tells of it, and configures again the next time.
    return()
  endif()
  include(GoogleTest)
  add_executable(${name}_test ${tests} $<TARGET_OBJECTS:${name}>)  # What is tested is what ships, and is compiled once.
  target_link_libraries(${name}_test PRIVATE Atrium::testkit Atrium::sdk ${libraries} GTest::gtest_main)
  atrium_plugin_languages(${name}_test)
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}." PROPERTIES LABELS unit DISCOVERY_TIMEOUT 60)
endfunction()
