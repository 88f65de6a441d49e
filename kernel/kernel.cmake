# Lets a target's files be compiled two dozen at a time as one, which takes a quarter of the time; what is unnamed in one file is then seen by
# those after it. ATRIUM_UNITY says where: `tests` (release), `all` (the sanitizers), or nowhere: the preset dev compiles each file on its own,
# as release does what ships, so that a missing include is told.
function(atrium_compile_together target part)
  if(ATRIUM_UNITY STREQUAL "all" OR ATRIUM_UNITY STREQUAL part)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 24)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # It takes a class of an unnamed namespace for one of a header.
      target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
    endif()
  endif()
endfunction()

# A kernel folder is one static library with its own include root: `#include "base/result.hpp"` resolves only in a target that
# names `base` among its dependencies. That is how the table of who may include whom (docs/ARCHITECTURE.md) is enforced.
#
#   atrium_kernel_library(engine DEPENDS base protocol sdk SOURCES room.cpp ... LIBRARIES Poco::Net)
#
# DEPENDS are kernel folders (or `sdk`) whose headers the folder's own headers may show; LIBRARIES are linked privately.
function(atrium_kernel_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;SOURCES;LIBRARIES")
  set(root ${CMAKE_BINARY_DIR}/include_roots/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${root}/${name} SYMBOLIC)
  set(target atrium_${name})
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    atrium_compile_together(${target} kernel)
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE ${arg_LIBRARIES})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} ${root})
  foreach(dependency IN LISTS arg_DEPENDS)
    target_link_libraries(${target} ${scope} atrium_${dependency})
  endforeach()
endfunction()
